"""What an act is done to: which chains and users it locks, and what it reloads under the locks."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

from django.db.models import QuerySet

from audit.foundation.actor import Actor
from audit.log import ledger
from audit.log.ledger import Subject
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from identity.memberships.models import Membership
from identity.organizations.models import Organization


class Home(NamedTuple):
    """Where the event of a subject is written: a chain, and the organization that reads it, if one does."""

    chain: uuid.UUID
    organization: uuid.UUID | None


class SubjectSet(Protocol):
    """The subjects of one act. Each capability has its own class, and `acting` knows none of them."""

    is_new: bool
    """Whether the act creates its subject: a refusal has nothing to name."""

    @property
    def kind(self) -> On:
        """What the verb must be done to."""
        ...

    @property
    def ids(self) -> Sequence[uuid.UUID]:
        """The subjects, in order. The log gets one event for each."""
        ...

    @property
    def rows(self) -> Sequence[Any]:
        """The subjects as they were read last."""
        ...

    def has(self, one: uuid.UUID) -> bool:
        """Whether it is one of the subjects."""
        ...

    def home(self, one: uuid.UUID) -> Home:
        """Where the event of this subject is written."""
        ...

    def chains(self) -> Sequence[uuid.UUID]:
        """Every chain to lock. A new subject's chain is opened here."""
        ...

    def users(self) -> Collection[uuid.UUID]:
        """The users whose rows are locked."""
        ...

    def person(self, one: uuid.UUID) -> uuid.UUID | None:
        """The user that free text about this subject is about."""
        ...

    def reload(self) -> None:
        """Replace the rows by what is true under the locks. Raises NotFound where one has gone."""
        ...

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """May the actor do this to all of them?"""
        ...

    def log_subject(self, one: uuid.UUID) -> Subject:
        """How the log names this subject."""
        ...


def organization_of(on: SubjectSet) -> uuid.UUID | None:
    """The one organization of the set; None for the supplier's things, a person, or several organizations."""
    found = {on.home(one).organization for one in on.ids}
    return found.pop() if len(found) == 1 else None


class RowsOfOneOrganization:
    """Rows of one table that belong to one organization: the common part of most sets.

    Raises NotFound for an empty set and for a set over several organizations.
    """

    kind: ClassVar[On]
    stored: ClassVar[QuerySet[Any]]
    """Where the rows are reloaded from."""
    is_new = False

    def __init__(self, rows: Iterable[Any]) -> None:
        unique = list({row.id: row for row in rows}.values())
        organizations = {row.organization_id for row in unique}
        if len(organizations) != 1:
            raise NotFound
        self.organization: uuid.UUID = organizations.pop()
        self.rows: list[Any] = unique
        self._ids = dict.fromkeys(row.id for row in unique)

    @property
    def ids(self) -> list[uuid.UUID]:
        """The ids, in the order of the set."""
        return list(self._ids)

    def has(self, one: uuid.UUID) -> bool:
        """Whether it is one of them."""
        return one in self._ids

    def home(self, one: uuid.UUID) -> Home:
        """The organization's chain."""
        del one
        return Home(self.organization, self.organization)

    def chains(self) -> list[uuid.UUID]:
        """The organization's."""
        return [self.organization]

    def users(self) -> Collection[uuid.UUID]:
        """None."""
        return ()

    def person(self, one: uuid.UUID) -> uuid.UUID | None:
        """None."""
        del one
        return None

    def reload(self) -> None:
        """Raises NotFound where a row has gone or belongs to an organization whose chain is not locked."""
        fresh = {row.id: row for row in self.stored.filter(id__in=self.ids)}
        fresh = {one: row for one, row in fresh.items() if row.organization_id == self.organization}
        if len(fresh) != len(self.rows):
            raise NotFound
        self.rows = [fresh[one] for one in self.ids]

    def log_subject(self, one: uuid.UUID) -> Subject:
        """By its kind."""
        return Subject(self.kind.value, one)


class MembershipSet(RowsOfOneOrganization):
    """Members of one organization, with the people behind them."""

    kind = On.MEMBERSHIP
    stored = Membership.objects.all()

    def __init__(self, rows: Iterable[Membership]) -> None:
        super().__init__(rows)
        self._users: dict[uuid.UUID, uuid.UUID] = {row.id: row.user_id for row in self.rows}

    def users(self) -> set[uuid.UUID]:
        """The users behind the memberships."""
        return set(self._users.values())

    def person(self, one: uuid.UUID) -> uuid.UUID | None:
        """The user behind this membership."""
        return self._users.get(one)

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """By the members' roles and sites."""
        return policy.MembershipIds(self.ids).decide(actor=actor, verb=verb, at=at)


class OneChain:
    """A single subject with a chain of its own."""

    kind: ClassVar[On]
    is_new = False

    def __init__(self, chain: uuid.UUID, rows: Sequence[Any] = ()) -> None:
        self.chain = chain
        self.rows: Sequence[Any] = rows

    @property
    def ids(self) -> list[uuid.UUID]:
        """The subject's id is its chain's."""
        return [self.chain]

    def has(self, one: uuid.UUID) -> bool:
        """Whether it is the subject."""
        return one in self.ids

    def home(self, one: uuid.UUID) -> Home:
        """Its own chain, which no organization reads."""
        return Home(one, None)

    def chains(self) -> list[uuid.UUID]:
        """Its own."""
        return [self.chain]

    def users(self) -> Collection[uuid.UUID]:
        """None."""
        return ()

    def person(self, one: uuid.UUID) -> uuid.UUID | None:
        """None."""
        del one
        return None

    def reload(self) -> None:
        """Nothing is kept in memory."""

    def log_subject(self, one: uuid.UUID) -> Subject:
        """By its kind."""
        return Subject(self.kind.value, one)


class OrganizationSet(OneChain):
    """One organization as a whole."""

    kind = On.ORGANIZATION

    def __init__(self, organization: Organization) -> None:
        super().__init__(organization.id, [organization])

    def home(self, one: uuid.UUID) -> Home:
        """Its own chain."""
        return Home(one, one)

    def reload(self) -> None:
        """Raises NotFound where it has gone."""
        self.rows = list(Organization.objects.filter(id=self.chain))
        if not self.rows:
            raise NotFound

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """By the roles held somewhere in it."""
        return policy.OrganizationId(self.chain).decide(actor=actor, verb=verb, at=at)


class SupplierSet(OneChain):
    """The supplier's own things; `affects` are the organizations that get a consequence event."""

    kind = On.SUPPLIER

    def __init__(self, affects: Sequence[uuid.UUID] = ()) -> None:
        super().__init__(ledger.SUPPLIER)
        self._affects = affects

    def chains(self) -> list[uuid.UUID]:
        """The supplier's, and those of the organizations affected."""
        return [self.chain, *self._affects]

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Only the system may: `policy.decide` has said yes to it already."""
        del actor, verb, at
        return policy.HIDDEN
