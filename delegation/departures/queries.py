"""The planned ends of memberships are read, those that lie ahead and those that are due."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from delegation.departures.models import PlannedRemoval

MOST_LISTED = 20
_MOST_DUE = 300
"""Members of one act."""


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """Describes an open plan. `act` has its events, with the reason."""

    membership: uuid.UUID
    organization: uuid.UUID
    ends_at: dt.datetime
    planned_by: uuid.UUID
    planned_by_kind: str
    act: uuid.UUID


def _plan(row: PlannedRemoval) -> OpenPlan:
    return OpenPlan(
        row.membership_id, row.organization_id, row.ends_at, row.planned_by, row.planned_by_kind, row.act
    )


def open_plans(*, memberships: Collection[uuid.UUID]) -> dict[uuid.UUID, OpenPlan]:
    """Read the open plans of these memberships, by membership. One statement."""
    rows = PlannedRemoval.objects.filter(membership__in=memberships, closed_at=None)
    return {row.membership_id: _plan(row) for row in rows}


@dataclass(frozen=True, slots=True)
class DuePlans:
    """Groups due plans that one act carries out: of one organization, planned together, for one instant."""

    organization: uuid.UUID
    act: uuid.UUID
    ends_at: dt.datetime
    memberships: tuple[uuid.UUID, ...]


def next_due(
    *, at: dt.datetime, organization: uuid.UUID | None = None, besides: Collection[uuid.UUID] = ()
) -> DuePlans | None:
    """Find the oldest due plan, not of the acts `besides`, with those planned together. Two statements at most."""
    due = PlannedRemoval.objects.filter(closed_at=None, ends_at__lte=at).exclude(act__in=besides)
    if organization is not None:
        due = due.filter(organization=organization)
    first = due.order_by("ends_at", "id").first()
    if first is None:
        return None
    together = due.filter(organization=first.organization_id, act=first.act, ends_at=first.ends_at)
    members = together.order_by("id").values_list("membership", flat=True)[:_MOST_DUE]
    return DuePlans(first.organization_id, first.act, first.ends_at, tuple(members))


@dataclass(frozen=True, slots=True)
class PlannedLeaver:
    """Names a member with a planned end, for lists."""

    membership: uuid.UUID
    name: str
    ends_at: dt.datetime


def planned_leavers(*, organization: uuid.UUID, at: dt.datetime) -> list[PlannedLeaver]:
    """Read the members whose planned end lies ahead, the next to leave first, up to `MOST_LISTED`. One statement."""
    rows = PlannedRemoval.objects.filter(organization=organization, closed_at=None, ends_at__gt=at).order_by(
        "ends_at", "id"
    )
    listed = rows.select_related("membership__user")[:MOST_LISTED]
    return [PlannedLeaver(row.membership_id, row.membership.shown_name, row.ends_at) for row in listed]
