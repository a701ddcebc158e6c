"""The list of colleagues: a page at a time, in the order of names, with what was searched and filtered."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.foundation import db
from audit.foundation.actor import Actor
from audit.foundation.db import KeysetPage
from delegation.authorization import authorities, scopes
from delegation.authorization.errors import NotFound
from delegation.authorization.models.assignments import AssignmentSite
from delegation.authorization.verbs import Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership, MembershipPeriod
from identity.people import names

SIZE = 50
COUNTED = 1000
"""Further than this nobody counts: a number that must be read before a page can be shown would slow down every page."""

Page = KeysetPage[Membership]

_PRESENT = [MembershipPeriod.State.ACTIVE, MembershipPeriod.State.SUSPENDED]


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which colleagues are asked for, and from where in the list on: behind `after`, or before `before`."""

    text: str = ""
    role: str = ""
    site: uuid.UUID | None = None
    former: bool = False
    among: Collection[uuid.UUID] | None = None
    after: uuid.UUID | None = None
    before: uuid.UUID | None = None


def matching(
    *, actor: Actor, organization: uuid.UUID, at: dt.datetime, wish: PeopleFilter
) -> QuerySet[Membership]:
    """The colleagues whom this actor may see and who fit."""
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=organization)
    present = memberships_queries.in_state(at=at, states=_PRESENT)
    rows = rows.filter(~present if wish.former else present)
    if wish.text:
        rows = rows.filter(_name_condition(wish.text))
    if wish.role or wish.site:
        rows = rows.filter(_holding(wish, at))
    return rows if wish.among is None else rows.filter(pk__in=wish.among)


def manageable(*, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> QuerySet[Membership]:
    """The colleagues whose access this actor may change."""
    return scopes.memberships(actor=actor, verb=Verb.ACCESS_CHANGE, at=at, organization=organization)


def _name_condition(text: str) -> Q:
    key = names.sort_key(text)
    by_name = Q(sort_key__contains=key) if key else Q(pk__in=[])
    return by_name | Q(user__email__contains=text.lower())


def _holding(wish: PeopleFilter, at: dt.datetime) -> Exists:
    given = authorities.in_force(at).filter(membership=OuterRef("pk"))
    if wish.role:
        given = given.filter(role__key=wish.role)
    if wish.site:
        there = AssignmentSite.objects.filter(assignment=OuterRef("pk"), site=wish.site)
        given = given.filter(Q(all_sites=True) | Exists(there))
    return Exists(given)


def page(*, rows: QuerySet[Membership], wish: PeopleFilter, size: int | None = None) -> Page:
    """One page of these rows with their users. One statement, two where the list is entered in the middle.

    The page goes on where a colleague stands by name, also where these rows no longer hold them.
    """
    return db.keyset(
        rows=[rows.select_related("user")],
        order=("sort_key", "id"),
        after=wish.after,
        before=wish.before,
        size=size or SIZE,
        anchors=[Membership.objects.filter(organization__in=rows.order_by().values("organization")[:1])],
    )


def count(*, rows: QuerySet[Membership]) -> int:
    """How many, up to COUNTED + 1. One statement."""
    return rows.order_by()[: COUNTED + 1].count()


@dataclass(frozen=True, slots=True)
class VisibleMember:
    """One colleague, and whether it is a former one."""

    membership: Membership
    former: bool


def get(*, actor: Actor, organization: uuid.UUID, at: dt.datetime, membership: uuid.UUID) -> VisibleMember:
    """The colleague of this id. Four statements. Raises NotFound, also for one whom this actor may not see."""
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=organization)
    present = memberships_queries.in_state(at=at, states=_PRESENT)
    row = rows.filter(pk=membership).annotate(here=present).select_related("user", "organization").first()
    if row is None:
        raise NotFound
    return VisibleMember(row, former=not row.here)


def visible(
    *, actor: Actor, organization: uuid.UUID, at: dt.datetime, ids: Collection[uuid.UUID]
) -> list[VisibleMember]:
    """Of these ids the colleagues whom this actor may see, with users, in the order of names. Four statements."""
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=organization)
    present = memberships_queries.in_state(at=at, states=_PRESENT)
    named = rows.filter(pk__in=ids).annotate(here=present).select_related("user", "organization")
    return [VisibleMember(row, former=not row.here) for row in named.order_by("sort_key", "id")]


def for_command(*, organization: uuid.UUID, ids: Collection[uuid.UUID]) -> list[Membership]:
    """These memberships of this organization, for a command, which decides. Raises NotFound for any other."""
    rows = list(Membership.objects.filter(organization=organization, id__in=ids).order_by("sort_key", "id"))
    if len(rows) != len(set(ids)):
        raise NotFound
    return rows


def same_name(*, actor: Actor, of: Membership, at: dt.datetime) -> Membership | None:
    """Another colleague of the same name, present and to be seen by this actor: an easy mistake."""
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=of.organization_id)
    same = rows.filter(memberships_queries.in_state(at=at, states=_PRESENT), sort_key=of.sort_key).exclude(
        pk=of.pk
    )
    return same.select_related("user").order_by("id").first()


def in_other_organizations(*, actor: Actor, of: Membership, at: dt.datetime) -> list[Membership]:
    """The same person's memberships in other organizations, where this actor may see them there."""
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at)
    there = rows.filter(memberships_queries.in_state(at=at, states=_PRESENT), user=of.user_id)
    others = there.exclude(organization=of.organization_id)
    return list(others.select_related("organization").order_by("organization__sort_key"))


def users(*, organization: uuid.UUID, memberships: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """The persons behind memberships of this organization, whatever became of them. One statement."""
    rows = Membership.objects.filter(organization=organization, id__in=memberships)
    return list(rows.values_list("user_id", flat=True))


def users_like(*, organization: uuid.UUID, text: str) -> list[uuid.UUID]:
    """Persons of this organization, present or former, by a part of name or address. One statement."""
    rows = Membership.objects.filter(_name_condition(text), organization=organization)
    return list(rows.values_list("user_id", flat=True)[:COUNTED])
