"""A text in a search of the log means people by name, address or id, and customers by what finds them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.foundation.actor import Actor, ActorKind
from delegation.authorization import authorities, scopes
from delegation.authorization.verbs import Verb
from delegation.organizations import customer_search
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people import search
from identity.people.models import User

MOST = 200
"""People, and customers, that one text may mean."""


@dataclass(frozen=True, slots=True)
class LogReach:
    """Holds the customers whose log an actor may read, and whether the supplier's own log is read too.

    The own log has staff rights, refusals and keys of all business units. Not every reader of customers may see them.
    """

    organizations: QuerySet[Organization]
    has_own_log: bool


@dataclass(frozen=True, slots=True)
class Meaning:
    """Holds the ids that a text means; `is_cut` says that it may mean more."""

    users: Sequence[uuid.UUID] = ()
    memberships: Sequence[uuid.UUID] = ()
    organizations: Sequence[uuid.UUID] = ()
    is_cut: bool = False

    @property
    def subjects(self) -> list[uuid.UUID]:
        """Return the subjects of events about these."""
        return [*self.users, *self.memberships, *self.organizations]


def reach_of(*, actor: Actor, at: dt.datetime) -> LogReach:
    """Return what the actor's staff rights allow to read. One statement."""
    own = authorities.authorities_of(actor=actor, at=at)
    needed = {Verb.ACTIVITY_VIEW.value, Verb.STAFF_RIGHT_VIEW.value}
    has_own_log = any(one.is_for_all and needed <= one.verbs for one in own)
    return LogReach(scopes.organizations_within(own=own, verb=Verb.ACTIVITY_VIEW), has_own_log)


OF_STAFF = (ActorKind.STAFF, ActorKind.STAFF_SERVICE)
"""Kinds of actors whose acts and readings are those of the supplier's staff."""


def actor_kind(text: str) -> str:
    """Return the kind of actors that the text names, such as `system`; empty for any other text."""
    return text if text in {kind.value for kind in ActorKind} else ""


def people(*, reach: LogReach, text: str) -> Meaning:
    """Find people and staff. One statement, none for an id and for a text without a word of two letters."""
    if identifier := _identifier(text):
        return Meaning(users=[identifier])
    words = search.words(text)
    if max((len(word) for word in words), default=0) < customer_search.SHORTEST:
        return Meaning()
    rows = User.all_directories.filter(*(search.has_word(word, name="name", email="email") for word in words))
    if not reach.has_own_log:
        members = Membership.objects.filter(user=OuterRef("pk"), organization__in=reach.organizations)
        rows = rows.filter(Q(directory=User.Directory.STAFF) | Exists(members))
    found = list(rows.order_by().values_list("pk", flat=True)[: MOST + 1])
    return Meaning(users=found[:MOST], is_cut=len(found) > MOST)


def customers(*, reach: LogReach, text: str) -> Meaning:
    """Find customers by name, key, number, business ID or mail domain. One statement."""
    identifier = _identifier(text)
    named = Q(pk=identifier) if identifier else Q(key=text.lower())
    rows = customer_search.customers_matching(rows=reach.organizations, text=text)
    exact = reach.organizations.filter(named).order_by().values("pk")
    found = list(rows.order_by().values("pk").union(exact).values_list("pk", flat=True)[: MOST + 1])
    return Meaning(organizations=found[:MOST], is_cut=len(found) > MOST)


def anything(*, reach: LogReach, text: str) -> Meaning:
    """Find people with their memberships, and customers. Three statements at most."""
    if identifier := _identifier(text):
        return Meaning(users=[identifier], organizations=[identifier])
    means, found = people(reach=reach, text=text), customers(reach=reach, text=text)
    rows = Membership.objects.filter(user__in=means.users, organization__in=reach.organizations)
    return replace(
        means,
        memberships=list(rows.values_list("pk", flat=True)) if means.users else (),
        organizations=found.organizations,
        is_cut=means.is_cut or found.is_cut,
    )


def _identifier(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
