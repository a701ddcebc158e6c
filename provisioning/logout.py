"""Telling services that a sign-in has ended (OpenID Connect Back-Channel Logout 1.0)."""

import datetime as dt
import uuid
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, transaction

from audit import clock
from audit.ledger import Subject
from delegation.verbs import Noted
from identity import keys
from provisioning import backoff, leasing, noted, rows
from provisioning.answer import Code, Problem
from provisioning.errand import Ending, Errand
from provisioning.models import Logout
from provisioning.outgoing import Pool

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


class Logouts:
    """Logout tokens (`provisioning.errand.Kind`)."""

    def __init__(self, *, pool: Pool) -> None:
        self.pool = pool

    def lease(self, *, worker: int, at: dt.datetime, load: Mapping[Hashable, int]) -> list[Errand] | None:
        """Take what is due. Two statements."""
        leased = list(Logout.objects.raw(leasing.LOGOUTS, leasing.params(worker=worker, at=at, load=load)))
        if not leased:
            return None
        full = Logout.objects.select_related("client__protocol", "client__application", "sign_in__membership")
        by_id = full.in_bulk([row.id for row in leased])
        idle = [row.id for row in by_id.values() if not row.client.is_active]
        if idle:
            with connection.cursor() as cursor:
                cursor.execute(_NOT_NEEDED, {"ids": idle})
        return [self._errand(row, worker) for row in by_id.values() if row.client.is_active]

    def _errand(self, row: Logout, worker: int) -> Errand:
        return Errand(row, row.client_id, 0, partial(_send, row, self.pool), worker)

    def settle(self, *, endings: list[Ending], at: dt.datetime) -> None:
        """Write down which services know."""
        done = {one.errand.row.id: one for one in endings if one.problem is None}
        failed = {one.errand.row.id: one for one in endings if one.problem is not None}
        with transaction.atomic():
            known = rows.returned(_DONE, [_mark(one) for one in done.values()], at=at)
            tried = rows.returned(_FAILED, [_again(one, at) for one in failed.values()], at=at)
            _note([done[one] for one in known], [failed[one] for one in tried], at)


def token(*, row: Logout) -> str:
    """A logout token (§2.4), new for every attempt: services accept each `jti` once."""
    at = clock.wall()
    claims = {
        "iss": settings.ISSUER,
        "aud": row.client_id,
        "sub": str(row.sign_in.user_id),
        "sid": str(row.sign_in_id),
        "iat": int(at.timestamp()),
        "exp": int((at + _LIFE).timestamp()),
        "jti": str(uuid.uuid4()),
        "events": {EVENT: {}},
    }
    return keys.sign(claims=claims, typ="logout+jwt")


def _send(row: Logout, pool: Pool) -> None:
    """Raises Problem where the service does not say that it is done (§2.8)."""
    reply = pool.request(
        method="POST",
        url=row.client.backchannel_logout_uri,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        body=urlencode({"logout_token": token(row=row)}).encode(),
    )
    if reply.status in _TOLD:
        return
    if reply.status == _TOO_MANY or reply.status > _SERVER:
        raise Problem(Code.BUSY, wait=reply.wait, detail=f"answered {reply.status}")
    code = Code.TARGET_ERROR if reply.status == _SERVER else Code.REFUSED
    raise Problem(code, detail=f"answered {reply.status}")


def _mark(ending: Ending) -> dict[str, Any]:
    return {"id": ending.errand.row.id, "worker": ending.errand.worker}


def _again(ending: Ending, at: dt.datetime) -> dict[str, Any]:
    problem = ending.problem or Problem(Code.FAULT)
    wait = backoff.after(attempts=ending.errand.row.attempts + 1, code=problem.code, wait=problem.wait)
    return {**_mark(ending), "retry_at": (at + wait).isoformat(), "code": problem.code.value}


def _note(known: Sequence[Ending], tried: Sequence[Ending], at: dt.datetime) -> None:
    notes = noted.Notes()
    for ending in known:
        row: Logout = ending.errand.row
        _say(notes, Noted.LOGOUT_DELIVERED, row, {"seconds": noted.seconds(row.ended_at, at)})
    for ending in tried:
        row = ending.errand.row
        if ending.problem and ending.problem.code is Code.REFUSED and row.refused_at is None:
            _say(notes, Noted.LOGOUT_FAILED, row, {"code": ending.problem.code.value})
    notes.write(at=at)


def _say(notes: noted.Notes, verb: Noted, row: Logout, facts: Mapping[str, Any]) -> None:
    membership = row.sign_in.membership
    notes.say(
        verb,
        subject=Subject("membership", membership.id),
        stream=membership.organization_id,
        organization=membership.organization_id,
        act=row.act or row.sign_in_id,
        facts={
            "client": row.client_id,
            "application": row.client.application.key,
            "sid": str(row.sign_in_id),
            **facts,
        },
    )
