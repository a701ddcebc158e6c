"""The giver, the successor and support read how far a handover has come."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from delegation.authorization import admin_queries
from delegation.authorization.errors import NotFound
from delegation.handovers import rules
from delegation.handovers.models import Handover
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership

MOST_ENDED = 10
"""The newest handovers that are over, of which a page says what became."""
MOST_DUE = 200
"""Handovers that one run of the reminders reads."""
_PEOPLE = ("giver__user", "successor__user", "invitation__membership__user")


@dataclass(frozen=True, slots=True)
class HandoverView:
    """Describes a handover that goes on; `successor` is None until an invited person has joined."""

    id: uuid.UUID
    organization: uuid.UUID
    giver: Membership
    successor: Membership | None
    successor_name: str
    """The name, or the address of an invited person."""
    successor_email: str
    opened_at: dt.datetime
    ends_at: dt.datetime
    is_accepted: bool
    is_able: bool
    """Whether the successor can sign in with a second factor."""
    row: Handover
    """What commands take."""


@dataclass(frozen=True, slots=True)
class EndedHandover:
    """Describes a handover that does not go on. `outcome` is completed, declined, cancelled, lapsed, left or paused.

    The giver of one that is `left` is a member no more, and that of one `paused` is suspended; `ended_at` is not known.
    """

    giver: Membership
    successor_name: str
    outcome: str
    ended_at: dt.datetime | None


def of_person(*, organization: uuid.UUID, user: uuid.UUID, at: dt.datetime) -> list[HandoverView]:
    """List the handovers that go on from or to this person. Two statements for each, one without any."""
    rows = _rows(at).filter(_concerns(user), organization=organization)
    return [_view(row) for row in rows.order_by("opened_at", "id")]


def ended_of_person(*, organization: uuid.UUID, user: uuid.UUID, at: dt.datetime) -> list[EndedHandover]:
    """List the handovers from or to this person that are over, the newest first, up to `MOST_ENDED`. One statement."""
    rows = _ended(organization, user, at).select_related(*_PEOPLE)
    return [_ended_view(row, at) for row in rows.order_by("-opened_at", "-id")[:MOST_ENDED]]


def is_over(*, organization: uuid.UUID, handover: uuid.UUID, user: uuid.UUID, at: dt.datetime) -> bool:
    """Return whether this is a handover from or to this person that does not go on. One statement."""
    return _ended(organization, user, at).filter(id=handover).exists()


def is_closed_by(*, organization: uuid.UUID, handover: uuid.UUID, user: uuid.UUID) -> bool:
    """Return whether this person completed, declined or cancelled this handover. One statement."""
    return Handover.objects.filter(organization=organization, id=handover, closed_by=user).exists()


def of_organization(*, organization: uuid.UUID, at: dt.datetime) -> list[HandoverView]:
    """List the handovers that go on in this organization, for support."""
    rows = _rows(at).filter(organization=organization).order_by("opened_at", "id")
    return [_view(row) for row in rows[:10]]


def get(*, organization: uuid.UUID, handover: uuid.UUID, user: uuid.UUID, at: dt.datetime) -> HandoverView:
    """Return the handover to its giver and its successor. Raises NotFound for others, and once it is over."""
    found = of_person(organization=organization, user=user, at=at)
    view = next((one for one in found if one.id == handover), None)
    if view is None:
        raise NotFound
    return view


def get_given(
    *, organization: uuid.UUID, handover: uuid.UUID, user: uuid.UUID, at: dt.datetime
) -> HandoverView:
    """Return the handover to its giver. Raises NotFound for everyone else, and once it is over."""
    view = get(organization=organization, handover=handover, user=user, at=at)
    if view.giver.user_id != user:
        raise NotFound
    return view


def stays(view: HandoverView, *, at: dt.datetime) -> list[str]:
    """List the tiers with which the giver can stay. Four statements."""
    return rules.lower_tiers(giver=view.giver.id, at=at)


def due_for_reminder(
    *, at: dt.datetime, after: dt.timedelta, notified: Collection[uuid.UUID]
) -> list[HandoverView]:
    """List the handovers that have gone on for this long, the oldest first, up to `MOST_DUE`.

    Without those in `notified`, and those that wait for an invited person, whose reminder is the invitation's.
    """
    rows = _rows(at).filter(opened_at__lte=at - after).exclude(id__in=notified)
    has_joined = Q(successor__isnull=False) | Q(invitation__membership__isnull=False)
    return [_view(row) for row in rows.filter(has_joined).order_by("opened_at", "id")[:MOST_DUE]]


def candidates(*, organization: uuid.UUID, at: dt.datetime, among: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Return which of these members can be a successor: no admin, and present. One statement."""
    admins = admin_queries.assignments_of_working_admins(organization=organization, at=at)
    rows = memberships_queries.active(at=at).filter(
        organization=organization, kind=Membership.Kind.PERSON, id__in=list(among)
    )
    return set(rows.exclude(id__in=admins.values("membership")).values_list("id", flat=True))


def member(*, organization: uuid.UUID, membership: uuid.UUID) -> Membership:
    """Read a member as a command takes it. One statement. Raises NotFound."""
    row = Membership.objects.filter(organization=organization, id=membership).first()
    if row is None:
        raise NotFound
    return row


def _rows(at: dt.datetime) -> QuerySet[Handover]:
    active = memberships_queries.active(at=at)
    rows = Handover.objects.filter(step__in=rules.LIVE, ends_at__gt=at, giver__in=active.values("id"))
    return rows.select_related(*_PEOPLE)


def _concerns(user: uuid.UUID) -> Q:
    return Q(giver__user=user) | Q(successor__user=user) | Q(invitation__membership__user=user)


def _ended(organization: uuid.UUID, user: uuid.UUID, at: dt.datetime) -> QuerySet[Handover]:
    rows = Handover.objects.filter(_concerns(user), organization=organization)
    is_member = Exists(memberships_queries.active_or_suspended(at=at).filter(id=OuterRef("giver")))
    others = rows.exclude(id__in=_rows(at).filter(organization=organization).values("id"))
    return others.annotate(giver_is_member=is_member)


def _ended_view(row: Handover, at: dt.datetime) -> EndedHandover:
    is_lapsed = row.step == Handover.HandoverStep.REPLACED or (row.step in rules.LIVE and row.ends_at <= at)
    # A suspended giver is a member, and after the suspension the handover goes on.
    stopped = "paused" if row.giver_is_member else "left"  # type: ignore[attr-defined]
    outcome = "lapsed" if is_lapsed else stopped if row.step in rules.LIVE else row.step
    return EndedHandover(
        giver=row.giver,
        successor_name=_successor_name(row),
        outcome=outcome,
        ended_at=row.ends_at if is_lapsed else row.closed_at,
    )


def _successor(row: Handover) -> Membership | None:
    return row.successor or (row.invitation.membership if row.invitation else None)


def _successor_name(row: Handover) -> str:
    successor = _successor(row)
    if successor is not None:
        return successor.shown_name
    return row.invitation.email if row.invitation else ""


def _view(row: Handover) -> HandoverView:
    successor = _successor(row)
    email = successor.user.email or "" if successor else _successor_name(row)
    return HandoverView(
        id=row.id,
        organization=row.organization_id,
        giver=row.giver,
        successor=successor,
        successor_name=_successor_name(row),
        successor_email=email,
        opened_at=row.opened_at,
        ends_at=row.ends_at,
        is_accepted=row.step == Handover.HandoverStep.ACCEPTED,
        is_able=successor is not None and rules.is_able(successor),
        row=row,
    )
