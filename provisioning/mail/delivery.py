"""Queued mails are delivered by SMTP (`provisioning.mail.queue`)."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Hashable, Iterable, Mapping
from functools import partial
from typing import Any

from django.db import transaction

from audit.foundation import db
from audit.foundation.errors import Busy
from delegation.authorization.event_types import Observation
from provisioning.delivery import events as delivery_events
from provisioning.delivery import leases, retry
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.leases import LeasedTable
from provisioning.delivery.listener import Notifications
from provisioning.delivery.task import DeliveryOutcome, DeliveryTask
from provisioning.mail import bounces, events, smtp
from provisioning.mail.events import MailOutcomeFacts
from provisioning.mail.models import Mail

GIVE_UP = dt.timedelta(days=3)
_QUEUE = "mail"
_DEPTH = 4
_FINAL = frozenset({Code.REFUSED, Code.NO_SUCH_RECIPIENT})

LEASE = f"""
UPDATE provisioning_mail a SET leased_until = %(until)s, leased_by = %(worker)s
WHERE a.id = ANY (ARRAY(
    SELECT id FROM provisioning_mail WHERE {leases.DUE}
    ORDER BY due_at LIMIT greatest(%(depth)s - coalesce((%(in_flight)s::jsonb ->> 'mail')::integer, 0), 0)
    FOR UPDATE SKIP LOCKED
))
RETURNING a.*
"""  # noqa: S608 - our own constants
_SENT = """
UPDATE provisioning_mail m SET sent_at = %(at)s, body = '', due_at = NULL, last_error = '', failing_since = NULL,
    last_failed_at = NULL, leased_until = NULL, leased_by = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, worker integer)
WHERE m.id = x.id AND m.leased_by = x.worker RETURNING m.id
"""
_FAILED = """
UPDATE provisioning_mail m SET attempts = least(m.attempts + 1, 1000000), last_error = x.code, due_at = x.retry_at,
    failing_since = CASE WHEN x.retry_at IS NOT NULL THEN coalesce(m.failing_since, %(at)s) END,
    failed_at = CASE WHEN x.retry_at IS NULL THEN %(at)s END, last_failed_at = %(at)s,
    body = CASE WHEN x.retry_at IS NULL THEN ''::bytea ELSE m.body END, leased_until = NULL, leased_by = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, worker integer, retry_at timestamptz, code text)
WHERE m.id = x.id AND m.leased_by = x.worker RETURNING m.id
"""


MailTask = DeliveryTask[Mail, None]
MailOutcome = DeliveryOutcome[Mail, None]


class MailDeliveries:
    """Delivers queued mails (`provisioning.delivery.task.DeliveryKind`)."""

    table = LeasedTable("provisioning_mail")

    def is_affected_by(self, *, notifications: Notifications) -> bool:
        """Check whether these notifications may have made a row due."""
        return notifications.mails

    def recover(self, *, at: dt.datetime) -> None:
        """Do nothing: a mail that loses its lease is sent again, and no target remembers it."""

    def lease(
        self, *, worker: int, at: dt.datetime, in_flight: Mapping[Hashable, int]
    ) -> list[MailTask] | None:
        """Lease due rows. One statement."""
        params = leases.params(
            worker=worker, at=at, in_flight=in_flight, depth=_DEPTH, lease=leases.LONG_LEASE
        )
        rows = Mail.objects.raw(LEASE, params)
        return [DeliveryTask(row, _QUEUE, 1, partial(smtp.send, row=row), worker) for row in rows] or None

    def settle(self, *, outcomes: list[MailOutcome], at: dt.datetime) -> None:
        """Store which mails are sent, and erase their content."""
        rejected = [outcome.task.row for outcome in outcomes if _is_rejected(outcome)]
        if not rejected:
            with transaction.atomic():
                _store(outcomes, at)
            return
        try:
            with bounces.recording_under_locks(mails=rejected) as batch:
                failed_ids = _store(outcomes, at)
                bounces.mark_undeliverable(
                    batch=batch, mails=[row for row in rejected if row.id in failed_ids], at=at
                )
        except Busy:
            with transaction.atomic():
                _store([_as_busy(outcome) for outcome in outcomes], at)


def _store(outcomes: Iterable[MailOutcome], at: dt.datetime) -> set[uuid.UUID]:
    """Store these outcomes. Returns the failed mails with a lease that was still valid."""
    sent = {outcome.task.row.id: outcome for outcome in outcomes if outcome.error is None}
    failed = {outcome.task.row.id: outcome for outcome in outcomes if outcome.error is not None}
    retries = [_retry_row(outcome, at) for outcome in failed.values()]
    given_up = {row["id"] for row in retries if row["retry_at"] is None}
    sent_ids = db.fetch_ids_for_rows(_SENT, [_key(outcome) for outcome in sent.values()], at=at)
    failed_ids = set(db.fetch_ids_for_rows(_FAILED, retries, at=at))
    delivery = delivery_events.DeliveryEvents()
    refused = [one.task.row for name, one in failed.items() if name in failed_ids and str(name) in given_up]
    events.record(
        delivery,
        [
            *(MailOutcomeFacts(Observation.MAIL_SENT, sent[name].task.row) for name in sent_ids),
            *(MailOutcomeFacts(Observation.MAIL_FAILED, row, events.REFUSED) for row in refused),
        ],
    )
    delivery.write(at=at)
    return failed_ids


def _as_busy(outcome: MailOutcome) -> MailOutcome:
    """Retry a rejected mail, which will be refused again: another act locks its owner's organization."""
    if _is_rejected(outcome):
        return dataclasses.replace(outcome, error=DeliveryError(Code.BUSY))
    return outcome


def _is_rejected(outcome: MailOutcome) -> bool:
    """Check whether the relay has no such recipient."""
    return outcome.error is not None and outcome.error.code is Code.NO_SUCH_RECIPIENT


def _key(outcome: MailOutcome) -> dict[str, Any]:
    return {"id": str(outcome.task.row.id), "worker": outcome.task.worker}


def _retry_row(outcome: MailOutcome, at: dt.datetime) -> dict[str, Any]:
    row = outcome.task.row
    error = outcome.error or DeliveryError(Code.FAULT)
    given_up = error.code in _FINAL or at - row.created_at > GIVE_UP
    delay = retry.delay(attempts=row.attempts + 1, code=error.code, retry_after=error.retry_after)
    retry_at = None if given_up else (at + delay).isoformat()
    return {**_key(outcome), "retry_at": retry_at, "code": error.code.value}
