"""The row, the log and the limits of a staff session say why it has ended."""

import datetime as dt
import uuid
from collections.abc import Collection
from enum import StrEnum

from audit.log.ledger import SUPPLIER
from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.authorization.event_types import Observation
from identity.staff.models import ABSOLUTE_LIMIT, IDLE_LIMIT, StaffSession

_LONGEST = ABSOLUTE_LIMIT + dt.timedelta(hours=16)
"""A page that stayed open until the next working day still learns the reason."""
_VERBS = (
    Observation.STAFF_SIGN_IN_SUCCEEDED, Observation.STAFF_SESSION_ENDED, Observation.BREAK_GLASS_ENDED,
)  # fmt: skip
"""Events about the user, and for the last one about the supplier: verbs alone are in no index."""


class StaffEnding(StrEnum):
    """Says what ended a staff session."""

    PROVIDER = "provider"
    """A logout token of the company's sign-in service."""
    PERSON = "person"
    """The staff member signed out, or signed in again in the same browser."""
    BREAK_GLASS = "break_glass"
    """The opening that it belonged to has ended."""
    IDLE = "idle"
    ABSOLUTE = "absolute"
    LIMITS = "limits"
    """One of the two limits: the row that would say which is gone."""


def find(*, user: uuid.UUID, session_keys: Collection[str], at: dt.datetime) -> StaffEnding | None:
    """Return why this staff user's session, by the hashes of its secret, is not open any more.

    None where nothing says that the session was this user's, or what ended it. Two statements at most.
    """
    row = StaffSession.objects.filter(session_key__in=session_keys, user=user).first()
    return _of_row(row, at) if row else _of_events(user, session_keys, at)


def _of_row(row: StaffSession, at: dt.datetime) -> StaffEnding | None:
    is_absolute, is_idle = row.expires_at <= at, row.last_seen_at <= at - IDLE_LIMIT
    if row.break_glass_id is not None:
        return StaffEnding.BREAK_GLASS if is_absolute else StaffEnding.IDLE if is_idle else None
    # Which limit came first: an idle session also reaches its absolute end.
    if is_idle and row.last_seen_at + IDLE_LIMIT < row.expires_at:
        return StaffEnding.IDLE
    return StaffEnding.ABSOLUTE if is_absolute else None


def _of_events(user: uuid.UUID, session_keys: Collection[str], at: dt.datetime) -> StaffEnding | None:
    rows = Event.objects.filter(subject__in=[user, SUPPLIER], verb__in=_VERBS, at__gt=at - _LONGEST)
    events = activity_events.read_events(rows=list(rows.order_by("at", "id")))
    authentic = [event for event in events if event.is_authentic]
    for event in authentic:
        if event.facts.get("ended_session") in session_keys:
            return _of_event(event)
    began = any(event.facts.get("staff_session") in session_keys for event in authentic)
    return StaffEnding.LIMITS if began else None


def _of_event(event: EventView) -> StaffEnding:
    if event.verb == Observation.BREAK_GLASS_ENDED:
        return StaffEnding.BREAK_GLASS
    return StaffEnding.PROVIDER if event.facts.get("ended_by") == "provider" else StaffEnding.PERSON
