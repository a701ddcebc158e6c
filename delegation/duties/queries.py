"""The report names the members who hold both entitlements of a conflict, since when, and their exceptions.

A member holds both since the newest of the intervals that give it: a change of access begins new ones.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from delegation.authorization import duty_conflicts
from delegation.authorization.duty_conflicts import Conflict
from delegation.authorization.entitlements import Right
from delegation.authorization.errors import NotFound
from delegation.authorization.models.duties import DutyException
from delegation.duties import rules
from identity.memberships.models import SHOWN_NAME, Membership
from identity.people.models import User

LISTED = 50
"""The members, and the requests, of one page."""


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """Describes an exception; people are named, staff too."""

    id: uuid.UUID
    membership: uuid.UUID
    person: str
    conflict: uuid.UUID
    text: Mapping[str, str]
    state: str
    """As stored, or `expired`."""
    requested_by: str
    requester: uuid.UUID
    requested_at: dt.datetime
    valid_until: dt.datetime
    accepted_by: str
    accepted_at: dt.datetime | None
    closed_by: str
    closed_at: dt.datetime | None
    row: DutyException
    """What commands take."""


@dataclass(frozen=True, slots=True)
class HeldConflict:
    """Says that a member holds both, where, and since and until when; `sites` of None are all sites."""

    conflict: Conflict
    membership: uuid.UUID
    name: str
    sites: frozenset[uuid.UUID] | None
    since: dt.datetime
    until: dt.datetime | None
    exception: ExceptionView | None
    """The accepted exception, or the open request."""


@dataclass(frozen=True, slots=True)
class DutyReport:
    """Holds a page of the report; `more_after` is the last member of it where there are more."""

    conflicts: Sequence[Conflict]
    holders: Sequence[HeldConflict]
    waiting: Sequence[ExceptionView]
    more_after: uuid.UUID | None


def report(*, organization: uuid.UUID, at: dt.datetime, after: uuid.UUID | None = None) -> DutyReport:
    """Read who holds both of each conflict, in the order of ids, and what waits. Five statements at most."""
    conflicts = duty_conflicts.in_force(at=at)
    waiting = _waiting(organization, at)
    if not conflicts:
        return DutyReport((), (), waiting, None)
    found = duty_conflicts.holders(conflicts, organization=organization, at=at, after=after, limit=LISTED + 1)
    members = found[:LISTED]
    rights = duty_conflicts.assigned(conflicts, memberships=members, at=at) if members else {}
    exceptions = _live(members, at) if members else []
    names = _names(members)
    holders = [
        _held(conflict, member, names.get(member, ""), rights.get(member, ()), exceptions)
        for conflict in conflicts
        for member in members
    ]
    more = members[-1] if len(found) > LISTED else None
    return DutyReport(conflicts, [one for one in holders if one is not None], waiting, more)


def of_member(*, membership: uuid.UUID, at: dt.datetime) -> list[HeldConflict]:
    """Read which conflicts this member is in. One statement without a conflict, three at most."""
    conflicts = duty_conflicts.in_force(at=at)
    rights = duty_conflicts.assigned(conflicts, memberships=[membership], at=at) if conflicts else {}
    own = rights.get(membership, [])
    if not any(duty_conflicts.overlaps_of(own, one) for one in conflicts):
        return []
    exceptions = _live([membership], at)
    found = (_held(one, membership, "", own, exceptions) for one in conflicts)
    return [one for one in found if one is not None]


def get(*, organization: uuid.UUID, exception: uuid.UUID, at: dt.datetime) -> ExceptionView:
    """Return the exception of this organization. One statement. Raises NotFound."""
    row = _rows().filter(id=exception, organization=organization).first()
    if row is None:
        raise NotFound
    return _view(row, at)


def needs_supplier(exception: ExceptionView, *, at: dt.datetime) -> bool:
    """Answer whether the customer has no second admin who can accept it. Two statements."""
    return not rules.has_second_admin(exception.row, at=at)


def _waiting(organization: uuid.UUID, at: dt.datetime) -> list[ExceptionView]:
    rows = _rows().filter(organization=organization, state=DutyException.State.OPEN, valid_until__gt=at)
    return [_view(row, at) for row in rows.order_by("requested_at", "id")[:LISTED]]


def _live(members: Collection[uuid.UUID], at: dt.datetime) -> list[ExceptionView]:
    """Read the open and accepted exceptions of these members, the accepted ones with the latest end first."""
    rows = _rows().filter(membership__in=list(members), state__in=rules.LIVE, valid_until__gt=at)
    return [_view(row, at) for row in rows.order_by("state", "-valid_until", "id")]


def _held(
    conflict: Conflict,
    member: uuid.UUID,
    name: str,
    rights: Iterable[Right],
    exceptions: Iterable[ExceptionView],
) -> HeldConflict | None:
    overlaps = duty_conflicts.overlaps_of(rights, conflict)
    if not overlaps:
        return None
    sites = [one.sites for one in overlaps]
    limited = [one for one in sites if one is not None]
    ends = [one.valid_until for one in overlaps]
    known = [end for end in ends if end is not None]
    own = (one for one in exceptions if (one.membership, one.conflict) == (member, conflict.id))
    return HeldConflict(
        conflict=conflict,
        membership=member,
        name=name,
        sites=None if len(limited) < len(sites) else frozenset().union(*limited),
        since=min(one.valid_from for one in overlaps),
        until=max(known) if len(known) == len(ends) else None,
        exception=next(own, None),
    )


def _names(members: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = Membership.objects.filter(id__in=list(members)).annotate(person_name=SHOWN_NAME)
    return dict(rows.values_list("id", "person_name")) if members else {}


def _rows() -> QuerySet[DutyException]:
    users = User.all_directories.all()
    shown = Membership.objects.filter(id=OuterRef("membership")).annotate(shown=SHOWN_NAME).values("shown")
    return DutyException.objects.select_related("conflict", "membership").annotate(
        person_name=Subquery(shown),
        requester_name=Subquery(users.filter(pk=OuterRef("requested_by")).values("name")),
        accepter_name=Subquery(users.filter(pk=OuterRef("accepted_by")).values("name")),
        closer_name=Subquery(users.filter(pk=OuterRef("closed_by")).values("name")),
    )


def _view(row: DutyException, at: dt.datetime) -> ExceptionView:
    over = row.state in rules.LIVE and row.valid_until <= at
    return ExceptionView(
        id=row.id,
        membership=row.membership_id,
        person=getattr(row, "person_name", "") or "",
        conflict=row.conflict_id,
        text=row.conflict.text,
        state="expired" if over else row.state,
        requested_by=getattr(row, "requester_name", "") or "",
        requester=row.requested_by,
        requested_at=row.requested_at,
        valid_until=row.valid_until,
        accepted_by=getattr(row, "accepter_name", "") or "",
        accepted_at=row.accepted_at,
        closed_by=getattr(row, "closer_name", "") or "",
        closed_at=row.closed_at,
        row=row,
    )
