"""The log says what targets and services have confirmed; rows of deliveries are free and prove nothing."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.log import authentication, integrity
from audit.models import Event
from delegation.authorization.event_types import Observation

_VERBS = [Observation.ACCOUNT_SYNCED.value, Observation.LOGOUT_DELIVERED.value]
_EARLIER = 20
"""Confirmations before the act that are read of one membership: the last states of its systems."""

_EVENTS = """
WITH removed AS (
    SELECT DISTINCT ON (e.subject) e.subject, e.at FROM audit_published_event e
    WHERE e.chain = %(chain)s AND e.act = %(act)s AND e.seq IS NOT NULL AND e.subject_kind = 'membership'
    ORDER BY e.subject, e.at
)
SELECT d.*, r.at AS act_at, NOT EXISTS (
    SELECT FROM identity_published_period p
    WHERE p.membership_id = r.subject AND p.state = 'active' AND in_force(p.valid_from, p.valid_until, %(now)s)
) AS has_left
FROM removed r CROSS JOIN LATERAL (
    (SELECT * FROM audit_published_event WHERE subject = r.subject AND at >= r.at AND verb = ANY(%(verbs)s))
    UNION ALL
    (SELECT * FROM audit_published_event WHERE subject = r.subject AND at < r.at AND verb = %(synced)s
     ORDER BY at DESC, id DESC LIMIT %(earlier)s)
) d
ORDER BY d.at, d.id
"""

System = tuple[uuid.UUID, str]
"""A membership, and the id of a target or of a sign-in and its client."""


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Says what was confirmed under an act, by authentic events.

    `unconfirmed`: systems that last confirmed an access of someone who has left, with the instant of the act.
    """

    confirmed: frozenset[System]
    unconfirmed: Mapping[System, dt.datetime]
    is_sound: bool
    """False where an event that says so is not authentic: then nothing is known to be complete."""

    def has(self, membership: uuid.UUID, system: object) -> bool:
        """Check whether this system has confirmed the act for this membership."""
        return (membership, str(system)) in self.confirmed


def of_act(*, act: uuid.UUID, chain: uuid.UUID, at: dt.datetime) -> Confirmations:
    """Read the confirmations of an act of an organization's chain on memberships. One statement."""
    params = {
        "act": act, "chain": chain, "verbs": _VERBS, "synced": _VERBS[0], "earlier": _EARLIER, "now": at,
    }  # fmt: skip
    keys = authentication.keys_for_reading()
    confirmed, open_systems, is_sound = set[System](), dict[System, dt.datetime](), True
    events: Iterable[Any] = Event.objects.raw(_EVENTS, params)
    for event in events:
        examined = integrity.examine(event=event, mac_keys=keys)
        if examined.problems or examined.content is None:
            is_sound = False
            continue
        system = _system(event, examined.content["facts"])
        if event.act == act:
            confirmed.add(system)
        if event.verb == Observation.ACCOUNT_SYNCED and event.has_left:
            _note(open_systems, system, event, is_active=bool(examined.content["facts"]["active"]))
    return Confirmations(frozenset(confirmed), open_systems, is_sound)


def _system(event: Any, facts: Mapping[str, Any]) -> System:
    if event.verb == Observation.ACCOUNT_SYNCED:
        return event.subject, facts["target"]
    return event.subject, f"{facts['sid']} {facts['client']}"


def _note(open_systems: dict[System, dt.datetime], system: System, event: Any, *, is_active: bool) -> None:
    if is_active:
        open_systems[system] = event.act_at
    else:
        open_systems.pop(system, None)
