"""The members that an actor may see are searched, filtered and read in pages in the order of names."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from audit.foundation import db
from audit.foundation.actor import Actor
from audit.foundation.db import KeysetPage
from delegation.authorization import authorities, scopes
from delegation.authorization.errors import NotFound
from delegation.authorization.models.assignments import Assignment, AssignmentSite
from delegation.authorization.verbs import Verb
from delegation.people import ordering, recency
from delegation.people.ordering import Order
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Site
from identity.people import names, search

PAGE_SIZE = 50
COUNT_LIMIT = 1000
"""Counting stops here: an exact number of a large organization would slow down every page."""

PeoplePage = KeysetPage[Membership]
Members = QuerySet[Membership]

_NEVER = Q(pk__in=[])
_PRESENT = [MembershipPeriod.State.ACTIVE, MembershipPeriod.State.SUSPENDED]


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """A filter searches members and holds the position in the list: after `after`, or before `before`."""

    text: str = ""
    roles: Collection[str] = ()
    """Any of these roles; with sites, an assignment has one of both."""
    sites: Collection[uuid.UUID] = ()
    recency: Collection[str] = ()
    """Values of `recency.Recency`."""
    former: bool = False
    condition: Q = field(default_factory=Q)
    """A condition over memberships from the layers above."""
    order: Order = Order.NAME
    after: uuid.UUID | None = None
    before: uuid.UUID | None = None


def matching(
    *, actor: Actor, organization: uuid.UUID, at: dt.datetime, filters: PeopleFilter
) -> QuerySet[Membership]:
    """Filter the members that this actor may see and that match the filters."""
    rows = readable(actor=actor, organization=organization, at=at)
    return narrowed(rows=rows, organization=organization, at=at, filters=filters)


def readable(*, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> QuerySet[Membership]:
    """Filter the present and former members that this actor may see. One statement."""
    return scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=organization)


def narrowed(
    *, rows: QuerySet[Membership], organization: uuid.UUID, at: dt.datetime, filters: PeopleFilter
) -> QuerySet[Membership]:
    """Filter those of the `readable` rows that match. One statement where a text is searched."""
    present = memberships_queries.in_state(at=at, states=_PRESENT)
    rows = rows.filter(~present if filters.former else present)
    if filters.text:
        rows = rows.filter(*_text_conditions(filters.text, organization, at, former=filters.former))
    if filters.roles or filters.sites:
        rows = rows.filter(_has_assignment(filters, at))
    return rows.filter(recency.has_recency(filters.recency, at), filters.condition)


def manageable(*, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> QuerySet[Membership]:
    """Filter the members with access that this actor may change."""
    return scopes.memberships(actor=actor, verb=Verb.ACCESS_CHANGE, at=at, organization=organization)


def _name_conditions(text: str, *, name: str) -> list[Q]:
    """Return the condition of each word of the text: the name in this field, or the address, has it.

    False without a word.
    """
    return [_has_word(word, name) for word in search.words(text)] or [_NEVER]


def _has_word(word: str, name: str = "user__name") -> Q:
    return Q(search.has_word(word, name=name, email="user__email"))


def _has_word_of_shown_name(word: str) -> Q:
    return Q(former_name="") & _has_word(word) | ~Q(former_name="") & _has_word(word, "former_name")


def _text_conditions(text: str, organization: uuid.UUID, at: dt.datetime, *, former: bool) -> list[Q]:
    """Return the condition of each word: name, address or assigned sites of the member have it. One statement.

    Most words are in the name of no site. For them, only people are searched: the index then finds them. Only former
    members are searched by another name than the present one.
    """
    has_word = _has_word_of_shown_name if former else _has_word
    words = search.words(text)
    sites = _sites_by_word(words, organization)
    conditions = [
        has_word(word) | Q(pk__in=_assigned_to(sites[word], at)) if sites[word] else has_word(word)
        for word in words
    ]
    return conditions or [_NEVER]


def _sites_by_word(words: Sequence[str], organization: uuid.UUID) -> dict[str, list[uuid.UUID]]:
    matches = {f"word_{number}": search.has_word(word, name="name") for number, word in enumerate(words)}
    rows = Site.objects.filter(organization=organization).annotate(**matches).values_list("id", *matches)
    by_site = list(rows) if words else []
    return {word: [row[0] for row in by_site if row[number]] for number, word in enumerate(words, start=1)}


def _assigned_to(sites: Sequence[uuid.UUID], at: dt.datetime) -> QuerySet[Assignment, Any]:
    """Return the members with an assignment at one of these sites, which it names one by one."""
    at_site = AssignmentSite.objects.filter(assignment=OuterRef("pk"), site__in=sites)
    return authorities.in_force(at).filter(Exists(at_site)).values_list("membership")


def assigned_there_alone(*, site: uuid.UUID, at: dt.datetime) -> Q:
    """Return the condition for `PeopleFilter`: the member has access at this site by its name, and not at all sites."""
    everywhere = authorities.in_force(at).filter(all_sites=True).values_list("membership")
    return Q(pk__in=_assigned_to([site], at)) & ~Q(pk__in=everywhere)


def _has_assignment(filters: PeopleFilter, at: dt.datetime) -> Exists:
    assignments = authorities.in_force(at).filter(membership=OuterRef("pk"))
    if filters.roles:
        assignments = assignments.filter(role__key__in=filters.roles)
    if filters.sites:
        at_site = AssignmentSite.objects.filter(assignment=OuterRef("pk"), site__in=filters.sites)
        assignments = assignments.filter(Q(all_sites=True) | Exists(at_site))
    return Exists(assignments)


def page(
    *,
    rows: QuerySet[Membership],
    filters: PeopleFilter,
    at: dt.datetime,
    among: QuerySet[Membership] | None = None,
    size: int | None = None,
) -> PeoplePage:
    """Read one page of these rows with their users. One statement, two where the list continues after a member.

    The page continues after a member that no longer matches, if it is among the `readable` ones: the place of a member
    that the actor may not see says something about that member.
    """
    anchors = rows if among is None else among
    return db.keyset(
        rows=[ordering.sorted_by(rows.select_related("user"), filters.order, at)],
        order=ordering.fields_of(filters.order),
        after=filters.after,
        before=filters.before,
        size=size or PAGE_SIZE,
        anchors=[ordering.sorted_by(anchors, filters.order, at)],
    )


def first_ids(*, rows: Members, limit: int | None = None) -> list[uuid.UUID]:
    """Read the ids of these rows in the order of names, up to limit + 1 (default: COUNT_LIMIT). One statement."""
    return list(rows.order_by("sort_key", "id").values_list("pk", flat=True)[: (limit or COUNT_LIMIT) + 1])


def count(*, rows: QuerySet[Membership]) -> int:
    """Count the rows, up to COUNT_LIMIT + 1. One statement."""
    return rows.order_by()[: COUNT_LIMIT + 1].count()


def count_former(
    *, rows: QuerySet[Membership], text: str, organization: uuid.UUID, at: dt.datetime
) -> tuple[int, int]:
    """Count these rows of former members, up to COUNT_LIMIT + 1, and those of them that match the text.

    All match an empty text. One statement, two with a text.
    """
    if not text:
        number = count(rows=rows)
        return number, number
    matches = Q(*_text_conditions(text, organization, at, former=True))
    is_match = Case(When(matches, then=Value(value=True)), default=Value(value=False))
    first = rows.order_by().annotate(is_match=is_match).values("id", "is_match")[: COUNT_LIMIT + 1]
    counts = first.aggregate(number=Count("id"), matching=Count("id", filter=Q(is_match=True)))
    return counts["number"], counts["matching"]


@dataclass(frozen=True, slots=True)
class VisibleMember:
    """Describes a present or former member that the actor may see."""

    membership: Membership
    former: bool


def get(*, actor: Actor, organization: uuid.UUID, at: dt.datetime, membership: uuid.UUID) -> VisibleMember:
    """Read the member of this id. Four statements. Raises NotFound also for a member that the actor may not see."""
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=organization)
    present = memberships_queries.in_state(at=at, states=_PRESENT)
    row = (
        rows.filter(pk=membership).annotate(is_present=present).select_related("user", "organization").first()
    )
    if row is None:
        raise NotFound
    return VisibleMember(row, former=not row.is_present)


def visible(
    *, actor: Actor, organization: uuid.UUID, at: dt.datetime, ids: Collection[uuid.UUID]
) -> list[VisibleMember]:
    """Read which of these members the actor may see, with their users, in the order of names. Four statements."""
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=organization)
    present = memberships_queries.in_state(at=at, states=_PRESENT)
    visible_rows = rows.filter(pk__in=ids).annotate(is_present=present).select_related("user", "organization")
    return [VisibleMember(row, former=not row.is_present) for row in visible_rows.order_by("sort_key", "id")]


def visible_ids(
    *, actor: Actor, organization: uuid.UUID, at: dt.datetime, ids: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Read which of these members the actor may see. Two statements, none for no ids."""
    if not ids:
        return set()
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=organization)
    return set(rows.filter(pk__in=ids).values_list("pk", flat=True))


def ids_within_sites(*, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> list[uuid.UUID] | None:
    """Read all members that an actor of some sites may see; None for an actor of all sites.

    Three statements at most.
    """
    authorities_here = authorities.authorities_of(actor=actor, at=at, organization=organization)
    if any(it.all_sites and Verb.MEMBER_VIEW.value in it.verbs for it in authorities_here):
        return None
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=organization)
    return list(rows.values_list("pk", flat=True))


def for_command(*, organization: uuid.UUID, ids: Collection[uuid.UUID]) -> list[Membership]:
    """Read these memberships as subjects of a command. Raises NotFound for an id of another organization."""
    rows = list(Membership.objects.filter(organization=organization, id__in=ids).order_by("sort_key", "id"))
    if len(rows) != len(set(ids)):
        raise NotFound
    return rows


def same_name(*, actor: Actor, member: Membership, at: dt.datetime) -> Membership | None:
    """Find another present member with a name that looks the same, as far as the actor may see: a warning."""
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at, organization=member.organization_id)
    alike = Q(sort_key=member.sort_key) | Q(skeleton=names.skeleton(member.user.name))
    same = rows.alias(skeleton=names.skeleton(F("user__name"))).filter(
        alike, memberships_queries.in_state(at=at, states=_PRESENT)
    )
    same = same.exclude(pk=member.pk)
    return same.select_related("user").order_by("id").first()


def in_other_organizations(*, actor: Actor, member: Membership, at: dt.datetime) -> list[Membership]:
    """Read the person's present memberships in other organizations, as far as the actor may see them."""
    rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_VIEW, at=at)
    present = rows.filter(memberships_queries.in_state(at=at, states=_PRESENT), user=member.user_id)
    others = present.exclude(organization=member.organization_id)
    return list(others.select_related("organization").order_by("organization__sort_key"))


def users(*, among: QuerySet[Membership], memberships: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Read the users of these memberships, as far as they are `among` those that the actor may see. One statement."""
    return list(among.filter(id__in=memberships).values_list("user_id", flat=True))


def users_like(*, among: QuerySet[Membership], text: str) -> list[uuid.UUID]:
    """Find users of memberships that the actor may see by part of the name or address. One statement."""
    rows = among.order_by().values_list("user_id", flat=True)
    present = rows.filter(*_name_conditions(text, name="user__name"), former_name="")
    former = rows.filter(*_name_conditions(text, name="former_name")).exclude(former_name="")
    return list(present.union(former)[:COUNT_LIMIT])
