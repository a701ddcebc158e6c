"""Memberships get a planned end, are suspended and resumed, without authorization; only commands import it."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection

from audit.foundation import ids
from audit.foundation.intervals import InForce
from identity import revocation
from identity.memberships.models import MembershipPeriod

_STATE = MembershipPeriod.State


def plan_end(*, memberships: Iterable[uuid.UUID], until: dt.datetime | None, at: dt.datetime) -> None:
    """Let the periods that hold at `at` end at `until`, or without end again for None. One statement.

    Nothing is revoked: the interval itself ends what was issued.
    """
    MembershipPeriod.objects.filter(InForce(at), membership__in=list(memberships)).update(valid_until=until)


_SWITCH = """
WITH closed AS (
    UPDATE identity_membershipperiod p SET valid_until = %(at)s
    FROM (SELECT id, membership_id, valid_until FROM identity_membershipperiod
          WHERE membership_id = ANY(%(memberships)s) AND in_force(valid_from, valid_until, %(at)s)) q
    WHERE p.id = q.id RETURNING p.membership_id, q.valid_until
)
INSERT INTO identity_membershipperiod (id, membership_id, state, valid_from, valid_until)
SELECT x.id, x.membership, %(state)s, %(at)s, c.valid_until
FROM unnest(%(ids)s::uuid[], %(memberships)s::uuid[]) x(id, membership) JOIN closed c ON c.membership_id = x.membership
"""


def suspend(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> revocation.Revoked:
    """Begin a suspended period at `at`, with the planned end of the active one, and revoke everything issued."""
    membership_ids = list(memberships)
    _switch(membership_ids, _STATE.SUSPENDED, at)
    return revocation.revoke_memberships(memberships=membership_ids, at=at)


def resume(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """Begin an active period at `at`, with the planned end of the suspended one. One statement."""
    _switch(list(memberships), _STATE.ACTIVE, at)


def _switch(memberships: list[uuid.UUID], state: MembershipPeriod.State, at: dt.datetime) -> None:
    new_ids = [ids.uuid7() for _ in memberships]
    params: dict[str, Any] = {"memberships": memberships, "ids": new_ids, "state": state.value, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_SWITCH, params)
