"""People in events have the names that the event holds encrypted, or else those that the organization sees now."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from audit.personal_data import ACTOR_LABEL, SUBJECT_LABEL
from delegation.activity.events import EventView
from identity.memberships.models import SHOWN_NAME, Membership
from identity.people.models import User


def missing(*, events: Sequence[EventView]) -> set[uuid.UUID]:
    """Return people without a name in an event, such as the owner of an account that a system confirmed."""
    actors = {
        event.actor for event in events if not _has(event, ACTOR_LABEL) and event.actor_kind != "system"
    }
    return actors | {
        event.user
        for event in events
        if event.user is not None
        and not _has(event, SUBJECT_LABEL)
        and not (event.user == event.actor and _has(event, ACTOR_LABEL))
    }


def _has(event: EventView, label: str) -> bool:
    return label in event.personal or label in event.erased


def shown_names(*, users: Iterable[uuid.UUID], organization: uuid.UUID | None) -> dict[uuid.UUID, str]:
    """Read the names of these users as this organization sees them. One statement; none for no users.

    Of a former member, it sees the name at the end of the membership. Without an organization, the present names.
    """
    ids = set(users)
    if not ids:
        return {}
    if organization is None:
        return dict(User.all_directories.filter(id__in=ids).values_list("id", "name"))
    former = Membership.objects.filter(user=OuterRef("pk"), organization=organization).exclude(former_name="")
    name = Coalesce(Subquery(former.values("former_name")[:1]), F("name"))
    return dict(User.all_directories.filter(id__in=ids).values_list("id", name))


@dataclass(frozen=True, slots=True)
class NamedMember:
    """Holds the name of a member, present or former, and the user."""

    user: uuid.UUID
    name: str


def members(*, memberships: Iterable[uuid.UUID], organization: uuid.UUID) -> dict[uuid.UUID, NamedMember]:
    """Read these members of the organization in the order of their names. One statement."""
    columns = _members(memberships, organization).values_list("id", "user", SHOWN_NAME)
    return {membership: NamedMember(user, text) for membership, user, text in columns}


def members_and_number(
    *, memberships: Iterable[uuid.UUID], organization: uuid.UUID, counted: QuerySet[Membership]
) -> tuple[dict[uuid.UUID, NamedMember], int]:
    """Read these members as `members` does, and how many of the organization's memberships are `counted`.

    One statement; one more where none of these is a member.
    """
    number = counted.filter(organization=organization).order_by()
    per_organization = number.values("organization").annotate(number=Count("id")).values("number")
    rows = _members(memberships, organization).values_list(
        "id", "user", SHOWN_NAME, Coalesce(Subquery(per_organization), 0)
    )
    found = list(rows)
    named = {membership: NamedMember(user, text) for membership, user, text, _number in found}
    return named, found[0][-1] if found else number.count()


def _members(memberships: Iterable[uuid.UUID], organization: uuid.UUID) -> QuerySet[Membership]:
    rows = Membership.objects.filter(id__in=set(memberships), organization=organization)
    return rows.order_by("sort_key", "id")
