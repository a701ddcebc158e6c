"""The act that a delivery row names is looked up in the log: the row is free, and its event is authenticated.

An act counts for a membership only with an authentic event in a chain. The event is about this membership, about its
person, or about all members.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.foundation import db
from audit.log import authentication, integrity, ledger
from audit.models import Event

Key = tuple[uuid.UUID, uuid.UUID]
"""Membership and act."""

# The instant of an event is part of each index that is used, so a wrong one in the row finds no event.
_EVENTS = """
SELECT e.*, m.id AS membership, m.user_id AS member, m.organization_id AS member_of
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(membership uuid, act uuid, at timestamptz)
JOIN identity_published_membership m ON m.id = x.membership
CROSS JOIN LATERAL (
    SELECT * FROM audit_published_event WHERE organization = m.organization_id AND at = x.at AND act = x.act
    UNION ALL SELECT * FROM audit_published_event WHERE subject = m.user_id AND at = x.at AND act = x.act
    UNION ALL SELECT * FROM audit_published_event WHERE chain = %(supplier)s AND seq > 0 AND at = x.at AND act = x.act
) e
WHERE e.seq IS NOT NULL AND e.outcome = 'done' AND e.chain IN (m.organization_id, m.user_id, %(supplier)s)
  AND (e.subject IN (m.id, m.user_id) OR e.subject_kind NOT IN ('membership', 'user', 'invitation')
       OR EXISTS (SELECT FROM delegation_published_invitation i WHERE i.id = e.subject AND i.membership_id = m.id))
"""


@dataclass(frozen=True, slots=True)
class Cause:
    """Says what the log knows of an act on a membership."""

    user: uuid.UUID
    organization: uuid.UUID
    at: dt.datetime


def authentic(*, deliveries: Iterable[tuple[uuid.UUID, uuid.UUID, dt.datetime]]) -> dict[Key, Cause]:
    """Find the acts that the log has, of rows with membership, act and instant. One statement at most."""
    rows = [
        {"membership": str(membership), "act": str(act), "at": at.isoformat()}
        for membership, act, at in deliveries
    ]
    if not rows:
        return {}
    keys = authentication.keys_for_reading()
    events: Iterable[Any] = Event.objects.raw(
        _EVENTS, {"rows": json.dumps(rows), "supplier": ledger.SUPPLIER}
    )
    return {
        (event.membership, event.act): Cause(event.member, event.member_of, event.at)
        for event in events
        if not integrity.examine(event=event, mac_keys=keys).problems
    }


_OPEN = """
SELECT d.account_id, d.membership_id, d.act, d.act_at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, act uuid)
JOIN provisioning_delivery d ON d.account_id = x.id AND d.act = x.act AND d.done_at IS NULL
"""


def of_open_deliveries(*, acts: Mapping[int, uuid.UUID | None]) -> dict[tuple[int, uuid.UUID], uuid.UUID]:
    """Find the acts that accounts wait for and the log has, by account and membership. Two statements at most."""
    rows = [{"id": account, "act": str(act)} for account, act in acts.items() if act]
    waiting = db.fetch_for_rows(_OPEN, rows)
    found = authentic(deliveries=[(membership, act, at) for _, membership, act, at in waiting])
    return {
        (account, membership): act for account, membership, act, _ in waiting if (membership, act) in found
    }
