"""Telling services that a sign-in has ended (OpenID Connect Back-Channel Logout 1.0)."""

import datetime as dt
import uuid
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, transaction

from audit.foundation import clock, db
from audit.log.ledger import Subject
from delegation.authorization.verbs import Observation
from identity import signing_keys
from provisioning.delivery import events as delivery_events
from provisioning.delivery import leases, retry
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.listener import Notifications
from provisioning.delivery.task import DeliveryOutcome, DeliveryTask
from provisioning.http.pool import Pool

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LIFE = dt.timedelta(minutes=2)
_TOLD = frozenset({200, 204})
_BAD, _SERVER, _TOO_MANY = 400, 500, 429

_DONE = """
UPDATE provisioning_logout l SET done_at = %(at)s, due_at = NULL, last_error = '', leased_until = NULL, leased_by = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, worker integer)
WHERE l.id = x.id AND l.leased_by = x.worker RETURNING l.id
"""
_FAILED = """
UPDATE provisioning_logout l SET due_at = x.retry_at, attempts = l.attempts + 1, last_error = x.code,
    refused_at = CASE WHEN x.code = 'refused' THEN coalesce(l.refused_at, %(at)s) ELSE l.refused_at END,
    leased_until = NULL, leased_by = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, worker integer, retry_at timestamptz, code text)
WHERE l.id = x.id AND l.leased_by = x.worker RETURNING l.id
"""
_NOT_NEEDED = """
UPDATE provisioning_logout SET due_at = NULL, leased_until = NULL, leased_by = NULL WHERE id = ANY(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class DueLogout:
    """One logout token to be sent: the columns of `leasing.LOGOUTS`."""

    id: int
    client: str
    attempts: int
    refused_at: dt.datetime | None
    ended_at: dt.datetime
    act: uuid.UUID | None
    sid: uuid.UUID
    url: str
    wanted: bool
    """Whether the client is still in use."""
    application: str
    user: uuid.UUID
    membership: uuid.UUID
    organization: uuid.UUID


class LogoutDeliveries:
    """Logout tokens (`provisioning.delivery.task.DeliveryKind`)."""

    def __init__(self, *, pool: Pool) -> None:
        self.pool = pool

    def is_affected_by(self, *, heard: Notifications) -> bool:
        """Whether this notice may have made something due."""
        return bool(heard.chains)

    def lease(
        self, *, worker: int, at: dt.datetime, load: Mapping[Hashable, int]
    ) -> list[DeliveryTask] | None:
        """Take what is due. One statement."""
        with connection.cursor() as cursor:
            cursor.execute(leases.LOGOUTS, leases.params(worker=worker, at=at, load=load))
            leased = [DueLogout(*row) for row in cursor.fetchall()]
            if not leased:
                return None
            idle = [one.id for one in leased if not one.wanted]
            if idle:
                cursor.execute(_NOT_NEEDED, {"ids": idle})
        return [self._errand(one, worker) for one in leased if one.wanted]

    def _errand(self, row: DueLogout, worker: int) -> DeliveryTask:
        return DeliveryTask(row, row.client, 0, partial(_send, row, self.pool), worker)

    def settle(self, *, endings: list[DeliveryOutcome], at: dt.datetime) -> None:
        """Write down which services know."""
        done = {one.errand.row.id: one for one in endings if one.problem is None}
        failed = {one.errand.row.id: one for one in endings if one.problem is not None}
        with transaction.atomic():
            known = db.fetch_ids_for_rows(_DONE, [_mark(one) for one in done.values()], at=at)
            tried = db.fetch_ids_for_rows(_FAILED, [_retry_row(one, at) for one in failed.values()], at=at)
            _record([done[one] for one in known], [failed[one] for one in tried], at)


def token(*, row: DueLogout) -> str:
    """A logout token (§2.4), new for every attempt: services accept each `jti` once."""
    at = clock.wall()
    claims = {
        "iss": settings.ISSUER,
        "aud": row.client,
        "sub": str(row.user),
        "sid": str(row.sid),
        "iat": int(at.timestamp()),
        "exp": int((at + _LIFE).timestamp()),
        "jti": str(uuid.uuid4()),
        "events": {EVENT: {}},
    }
    return signing_keys.sign(claims=claims, typ="logout+jwt")


def _send(row: DueLogout, pool: Pool) -> None:
    """Raises Problem where the service does not say that it is done (§2.8)."""
    reply = pool.request(
        method="POST",
        url=row.url,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        body=urlencode({"logout_token": token(row=row)}).encode(),
    )
    if reply.status in _TOLD:
        return
    if reply.status == _TOO_MANY or reply.status > _SERVER:
        raise DeliveryError(Code.BUSY, retry_after=reply.retry_after, detail=f"answered {reply.status}")
    code = Code.TARGET_ERROR if reply.status == _SERVER else Code.REFUSED
    raise DeliveryError(code, detail=f"answered {reply.status}")


def _mark(ending: DeliveryOutcome) -> dict[str, Any]:
    return {"id": ending.errand.row.id, "worker": ending.errand.worker}


def _retry_row(ending: DeliveryOutcome, at: dt.datetime) -> dict[str, Any]:
    problem = ending.problem or DeliveryError(Code.FAULT)
    delay = retry.delay(
        attempts=ending.errand.row.attempts + 1, code=problem.code, retry_after=problem.retry_after
    )
    return {**_mark(ending), "retry_at": (at + delay).isoformat(), "code": problem.code.value}


def _record(known: Sequence[DeliveryOutcome], tried: Sequence[DeliveryOutcome], at: dt.datetime) -> None:
    notes = delivery_events.DeliveryEvents()
    for ending in known:
        row: DueLogout = ending.errand.row
        _record_event(
            notes, Observation.LOGOUT_DELIVERED, row, {"seconds": delivery_events.seconds(row.ended_at, at)}
        )
    for ending in tried:
        row = ending.errand.row
        if ending.problem and ending.problem.code is Code.REFUSED and row.refused_at is None:
            _record_event(notes, Observation.LOGOUT_FAILED, row, {"code": ending.problem.code.value})
    notes.write(at=at)


def _record_event(
    notes: delivery_events.DeliveryEvents, verb: Observation, row: DueLogout, facts: Mapping[str, Any]
) -> None:
    notes.say(
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
