"""Services receive a logout token when a sign-in ends (OpenID Connect Back-Channel Logout 1.0)."""

import datetime as dt
import uuid
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, transaction

from audit.foundation import clock, db
from audit.log.ledger import Subject
from delegation.authorization.event_types import Observation
from identity import signing_keys
from identity.clients import subjects
from provisioning.delivery import errors, leases, retry
from provisioning.delivery import events as delivery_events
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.leases import LeasedTable
from provisioning.delivery.listener import Notifications
from provisioning.delivery.task import DeliveryOutcome, DeliveryTask
from provisioning.http.pool import Pool

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LIFETIME = dt.timedelta(minutes=4)
"""Two minutes (§2.4 recommends at most two), and two more for a client whose clock is that much fast."""
_ACCEPTED = frozenset({200, 204})

_UNAVAILABLE = ", ".join(f"'{code}'" for code in sorted(errors.TARGET_UNAVAILABLE))
# A client that is unavailable is paused until its last failed logout is due, and then gets one call at a time: three
# hundred sign-ins that end together would otherwise be three hundred calls each five seconds.
LEASE = f"""
WITH failing AS (
    SELECT client_id, max(due_at) AS until FROM provisioning_logout
    WHERE failing_since IS NOT NULL AND due_at IS NOT NULL AND last_error IN ({_UNAVAILABLE}) GROUP BY 1
),
queues AS (
    SELECT d.client_id AS id,
           CASE WHEN f.until IS NULL THEN %(depth)s WHEN f.until <= %(at)s THEN 1 ELSE 0 END
           - coalesce((%(in_flight)s::jsonb ->> d.client_id)::integer, 0) AS room
    FROM (SELECT DISTINCT client_id FROM provisioning_logout WHERE {leases.DUE}) d
    LEFT JOIN failing f ON f.client_id = d.client_id
),
due AS (
    SELECT a.id FROM queues q CROSS JOIN LATERAL (
        SELECT id FROM provisioning_logout WHERE client_id = q.id AND {leases.DUE}
        ORDER BY due_at LIMIT greatest(q.room, 0) FOR UPDATE SKIP LOCKED
    ) a
),
leased AS (
    UPDATE provisioning_logout a SET leased_until = %(until)s, leased_by = %(worker)s
    WHERE a.id = ANY (ARRAY(SELECT id FROM due))
    RETURNING a.*
)
SELECT a.id, a.client_id, a.attempts, a.refused_at, a.ended_at, a.act, a.sign_in_id,
       c.backchannel_logout_uri, c.is_active, coalesce(s.ended_at = a.ended_at, false) AND EXISTS (
           SELECT FROM identity_published_sign_in_client k WHERE k.sign_in_id = s.id AND k.client_id = c.id)
       OR EXISTS (SELECT FROM identity_published_ended_family f
                  WHERE f.sign_in_id = s.id AND f.client_id = c.id AND f.logout_at = a.ended_at),
       p.key, p.id, c.subject_per_organization, s.user_id, s.membership_id, m.organization_id
FROM leased a
JOIN identity_published_client c ON c.id = a.client_id
JOIN identity_published_application p ON p.id = c.application_id
JOIN identity_published_sign_in s ON s.id = a.sign_in_id
JOIN identity_published_membership m ON m.id = s.membership_id
"""  # noqa: S608 - our own constants
_DONE = """
UPDATE provisioning_logout l SET done_at = %(at)s, due_at = NULL, last_error = '', failing_since = NULL,
    last_failed_at = NULL, leased_until = NULL, leased_by = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, worker integer)
WHERE l.id = x.id AND l.leased_by = x.worker RETURNING l.id
"""
_FAILED = """
UPDATE provisioning_logout l SET due_at = x.retry_at, attempts = least(l.attempts + 1, 1000000), last_error = x.code,
    failing_since = coalesce(l.failing_since, %(at)s), last_failed_at = %(at)s,
    refused_at = CASE WHEN x.code = 'refused' THEN coalesce(l.refused_at, %(at)s) ELSE l.refused_at END,
    leased_until = NULL, leased_by = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, worker integer, retry_at timestamptz, code text)
WHERE l.id = x.id AND l.leased_by = x.worker RETURNING l.id
"""
_NOT_NEEDED = """
UPDATE provisioning_logout SET due_at = NULL, failing_since = NULL, leased_until = NULL, leased_by = NULL
WHERE id = ANY(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class LeasedLogout:
    """Holds the columns of `LEASE` for one logout."""

    id: int
    client: str
    attempts: int
    refused_at: dt.datetime | None
    ended_at: dt.datetime
    act: uuid.UUID | None
    sid: uuid.UUID
    url: str
    is_client_active: bool
    """An inactive client receives no token."""
    has_ended: bool
    """Whether this client's sign-in, or its token family, ended then. The row is free: it may name another instant."""
    application: str
    application_id: uuid.UUID
    subject_per_organization: bool
    user: uuid.UUID
    membership: uuid.UUID
    organization: uuid.UUID

    @property
    def subject(self) -> str:
        """Return the `sub` under which this client knows the person."""
        return subjects.subject(
            user=self.user,
            membership=self.membership,
            application=self.application_id,
            per_organization=self.subject_per_organization,
        )

    @property
    def is_needed(self) -> bool:
        """Check whether the client gets a token."""
        return self.is_client_active and self.has_ended


LogoutTask = DeliveryTask[LeasedLogout, None]
LogoutOutcome = DeliveryOutcome[LeasedLogout, None]


class LogoutDeliveries:
    """Delivers logout tokens (`provisioning.delivery.task.DeliveryKind`)."""

    def __init__(self, *, pool: Pool) -> None:
        self.pool = pool

    table = LeasedTable("provisioning_logout")

    def is_affected_by(self, *, notifications: Notifications) -> bool:
        """Check whether these notifications may have made a row due."""
        return bool(notifications.chains)

    def recover(self, *, at: dt.datetime) -> None:
        """Do nothing: a logout token may be sent twice."""

    def lease(
        self, *, worker: int, at: dt.datetime, in_flight: Mapping[Hashable, int]
    ) -> list[LogoutTask] | None:
        """Lease due rows; those of inactive clients and of open sign-ins are done. Two statements at most."""
        with connection.cursor() as cursor:
            cursor.execute(LEASE, leases.params(worker=worker, at=at, in_flight=in_flight))
            rows = [LeasedLogout(*row) for row in cursor.fetchall()]
            if not rows:
                return None
            not_needed = [row.id for row in rows if not row.is_needed]
            if not_needed:
                cursor.execute(_NOT_NEEDED, {"ids": not_needed})
        return [self._task(row, worker) for row in rows if row.is_needed]

    def _task(self, row: LeasedLogout, worker: int) -> LogoutTask:
        return DeliveryTask(row, row.client, 0, partial(_send, row, self.pool), worker)

    def settle(self, *, outcomes: list[LogoutOutcome], at: dt.datetime) -> None:
        """Store which services have confirmed. Two statements and the events."""
        done = {outcome.task.row.id: outcome for outcome in outcomes if outcome.error is None}
        failed = {outcome.task.row.id: outcome for outcome in outcomes if outcome.error is not None}
        with transaction.atomic():
            delivered = db.fetch_ids_for_rows(_DONE, [_key(outcome) for outcome in done.values()], at=at)
            retried = db.fetch_ids_for_rows(
                _FAILED, [_retry_row(outcome, at) for outcome in failed.values()], at=at
            )
            _record([done[key] for key in delivered], [failed[key] for key in retried], at)


def token(*, row: LeasedLogout) -> str:
    """Sign a logout token (§2.4). Every attempt has a new one: services accept each `jti` once."""
    at = clock.wall()
    claims = {
        "iss": settings.ISSUER,
        "aud": row.client,
        "sub": row.subject,
        "sid": str(row.sid),
        "iat": int(at.timestamp()),
        "exp": int((at + _LIFETIME).timestamp()),
        "jti": str(uuid.uuid4()),
        "events": {EVENT: {}},
    }
    return signing_keys.sign(claims=claims, typ="logout+jwt")


def _send(row: LeasedLogout, pool: Pool) -> None:
    """Send one token. Raises DeliveryError where the service does not confirm the logout (§2.8)."""
    reply = pool.request(
        method="POST",
        url=row.url,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        body=urlencode({"logout_token": token(row=row)}).encode(),
    )
    if reply.status in _ACCEPTED:
        return
    error = reply.error()
    # A logout token has no credentials: 401 and 403 refuse the token itself.
    raise replace(error, code=Code.REFUSED) if error.code is Code.UNAUTHORIZED else error


def _key(outcome: LogoutOutcome) -> dict[str, Any]:
    return {"id": outcome.task.row.id, "worker": outcome.task.worker}


def _retry_row(outcome: LogoutOutcome, at: dt.datetime) -> dict[str, Any]:
    error = outcome.error or DeliveryError(Code.FAULT)
    delay = retry.delay(
        attempts=outcome.task.row.attempts + 1, code=error.code, retry_after=error.retry_after
    )
    return {**_key(outcome), "retry_at": (at + delay).isoformat(), "code": error.code.value}


def _record(delivered: Sequence[LogoutOutcome], failed: Sequence[LogoutOutcome], at: dt.datetime) -> None:
    events = delivery_events.DeliveryEvents()
    for outcome in delivered:
        row = outcome.task.row
        _record_event(
            events, Observation.LOGOUT_DELIVERED, row, {"seconds": delivery_events.seconds(row.ended_at, at)}
        )
    for outcome in failed:
        row = outcome.task.row
        if outcome.error and outcome.error.code is Code.REFUSED and row.refused_at is None:
            _record_event(events, Observation.LOGOUT_FAILED, row, {"code": outcome.error.code.value})
    events.write(at=at)


def _record_event(
    events: delivery_events.DeliveryEvents, verb: Observation, row: LeasedLogout, facts: Mapping[str, Any]
) -> None:
    events.add(
        verb,
        subject=Subject("membership", row.membership),
        chain=row.organization,
        organization=row.organization,
        act=row.act or row.sid,
        facts={
            "client": row.client,
            "application": row.application,
            "sid": str(row.sid),
            **facts,
        },
    )
