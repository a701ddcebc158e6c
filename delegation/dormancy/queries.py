"""The job reads which members are due, for many organizations at a time."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings

from delegation.authorization import admin_queries
from delegation.dormancy import rules
from delegation.dormancy.models import DormancyWarning
from identity.memberships.models import Membership
from identity.organizations.models import Organization

MOST_OF_AN_ACT = 300


@dataclass(frozen=True, slots=True)
class DueStep:
    """Holds members of one organization with the same due step."""

    organization: uuid.UUID
    number: int
    members: Sequence[Membership]


@dataclass(frozen=True, slots=True)
class WarnedMember:
    """Describes a member who was warned in an act, for the mail."""

    membership: Membership
    """With user and organization."""
    suspends_at: dt.datetime

    @property
    def id(self) -> uuid.UUID:
        """Return the id of the membership, which the operator's log names."""
        return self.membership.id


def next_organizations(*, after: uuid.UUID | None, size: int) -> list[uuid.UUID]:
    """Return the next active organizations by id. One statement."""
    rows = Organization.objects.filter(status=Organization.Status.ACTIVE)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:size])


def due_steps(*, organizations: Collection[uuid.UUID], at: dt.datetime) -> list[DueStep]:
    """Group the members of these organizations whose next step is due. Two statements.

    The suspension leaves the working admins out where no other one would remain: support sees them as dormant.
    """
    earliest = at - settings.DORMANT_AFTER + rules.AHEAD[0]
    rows = rules.members_seen(at=at).filter(organization__in=organizations, seen_at__lte=earliest)
    grouped: dict[tuple[uuid.UUID, int], list[Membership]] = defaultdict(list)
    for row in rows.order_by("organization", "id"):
        step = rules.step_of(row, at=at)
        if step is not None:
            grouped[row.organization_id, step.number].append(row)
    _leave_last_admins(grouped, at)
    return [
        DueStep(organization, number, members[start : start + MOST_OF_AN_ACT])
        for (organization, number), members in grouped.items()
        for start in range(0, len(members), MOST_OF_AN_ACT)
    ]


def _leave_last_admins(grouped: dict[tuple[uuid.UUID, int], list[Membership]], at: dt.datetime) -> None:
    """Take the working admins of an organization out of its suspension where it names all of them."""
    suspended = {organization for organization, number in grouped if number == rules.SUSPENSION}
    admins = defaultdict[uuid.UUID, set[uuid.UUID]](set)
    if suspended:
        rows = admin_queries.working_admins_of(organizations=suspended, at=at)
        for organization, member in rows.values_list("organization", "id"):
            admins[organization].add(member)
    for organization in suspended:
        members = grouped[organization, rules.SUSPENSION]
        if admins[organization] <= {row.id for row in members}:
            grouped[organization, rules.SUSPENSION] = [
                row for row in members if row.id not in admins[organization]
            ]


def warned_in(*, members: Collection[uuid.UUID], since: dt.datetime) -> list[WarnedMember]:
    """Read the newest warnings of these members. One statement."""
    rows = DormancyWarning.objects.filter(membership__in=members, warned_at__gte=since)
    rows = rows.select_related("membership__user", "membership__organization")
    return [WarnedMember(row.membership, row.suspends_at) for row in rows.order_by("membership")]
