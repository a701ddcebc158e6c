"""The log and the limits of a browser session say why it has ended."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.authorization.event_types import Observation
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership
from identity.organizations.models import Suspension
from identity.sessions.models import Session

_LONGEST = dt.timedelta(hours=24)
"""No session lives longer: events before that are not searched."""
_OF_PERSON = (
    Verb.PERSON_SIGN_OUT,
    Verb.TAKEOVER_REPORT,
    Observation.PASSWORD_CHANGED,
    Observation.PASSWORD_RESET,
    Observation.SESSION_ENDED,
    Observation.SIGN_IN_SUCCEEDED,
)
_OF_MEMBERSHIP = (Verb.MEMBER_REMOVE, Verb.MEMBER_SIGN_OUT, Verb.MEMBER_SUSPEND)


class EndingReason(StrEnum):
    """Says what ended a session."""

    REMOVED = "removed"
    """The person's last membership ended."""
    SUSPENDED = "suspended"
    """The supplier suspended the person's last organization."""
    PAUSED = "paused"
    """An admin suspended the person's last active membership."""
    BY_ADMIN = "by_admin"
    SIGNED_OUT = "signed_out"
    """The person signed out in this browser."""
    EVERYWHERE = "everywhere"
    """The person signed out everywhere."""
    OTHER_BROWSER = "other_browser"
    """The person ended this session from another browser."""
    PASSWORD = "password"  # noqa: S105 - a reason
    BLOCKED = "blocked"
    """The person blocked the own sign-in from a mail."""
    WEAK = "weak"
    """The session had proved less than the person's factors or roles demand."""
    IDLE = "idle"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SessionEnding:
    """Says why and when a session ended. Name and zone of the organization are empty unless it ended the session."""

    reason: EndingReason
    at: dt.datetime
    organization: str = ""
    time_zone: str = ""


def find(*, user: uuid.UUID, session_keys: Collection[str], at: dt.datetime) -> SessionEnding | None:
    """Return why this person's session, by the hashes of its secret, is not open any more.

    None where the log does not say that the session was this person's. Six statements at most.
    """
    memberships = Membership.objects.filter(user=user).select_related("organization").in_bulk()
    events = _events(user, memberships, at)
    begun_at = max((event.at for event in events if _begins(event, user, session_keys)), default=None)
    if begun_at is None:
        return None
    for event in events:
        reason = _reason(event, session_keys) if event.at > begun_at else None
        if reason is not None:
            membership = memberships.get(event.subject)
            organization = membership.organization if membership else None
            return SessionEnding(
                reason,
                event.at,
                organization.name if organization else "",
                organization.time_zone if organization else "",
            )
    is_known = Session.objects.filter(session_key__in=session_keys, expire_date__gt=at).exists()
    return SessionEnding(EndingReason.IDLE if is_known else EndingReason.EXPIRED, at)


def by_suspension(suspension: Suspension) -> SessionEnding:
    """Return the ending by this suspension of the person's organization."""
    organization = suspension.organization
    return SessionEnding(
        EndingReason.SUSPENDED, suspension.valid_from, organization.name, organization.time_zone
    )


def _events(user: uuid.UUID, memberships: Collection[uuid.UUID], at: dt.datetime) -> list[EventView]:
    """Read the authentic events that begin or end sessions of this person, oldest first."""
    rows = Event.objects.filter(
        Q(subject=user, verb__in=_OF_PERSON) | Q(subject__in=list(memberships), verb__in=_OF_MEMBERSHIP),
        at__gt=at - _LONGEST,
    ).exclude(outcome=Event.Outcome.REFUSED)
    events = activity_events.read_events(rows=list(rows.order_by("at", "id")))
    return [event for event in events if event.is_authentic]


def _begins(event: EventView, user: uuid.UUID, session_keys: Collection[str]) -> bool:
    is_sign_in = event.verb == Observation.SIGN_IN_SUCCEEDED and event.subject == user
    return is_sign_in and event.facts.get("session") in session_keys


def _reason(event: EventView, session_keys: Collection[str]) -> EndingReason | None:
    """Return how this event ended the session; None where it did not."""
    ended_all = bool(event.facts.get("everywhere") or event.after.get("everywhere"))
    if not ended_all and event.facts.get("ended_session") not in session_keys:
        return None
    if event.verb == Observation.SESSION_ENDED and event.facts.get("ended_by") == "assurance":
        return EndingReason.WEAK
    if event.cause == Verb.ORGANIZATION_SUSPEND:
        return EndingReason.SUSPENDED
    if event.verb == Verb.PERSON_SIGN_OUT and ended_all:
        return EndingReason.EVERYWHERE
    return _REASONS.get(event.verb)


_REASONS: Mapping[str, EndingReason] = {
    Verb.MEMBER_REMOVE: EndingReason.REMOVED,
    Verb.MEMBER_SIGN_OUT: EndingReason.BY_ADMIN,
    Verb.MEMBER_SUSPEND: EndingReason.PAUSED,
    Verb.PERSON_SIGN_OUT: EndingReason.OTHER_BROWSER,
    Verb.TAKEOVER_REPORT: EndingReason.BLOCKED,
    Observation.SESSION_ENDED: EndingReason.OTHER_BROWSER,
    Observation.PASSWORD_CHANGED: EndingReason.PASSWORD,
    Observation.PASSWORD_RESET: EndingReason.PASSWORD,
}
