"""The subjects of an act say which chains and users it locks, and which rows it reloads under the locks."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

from django.db.models import QuerySet

from audit.foundation.actor import Actor
from audit.log import ledger
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from identity.memberships.models import SHOWN_NAME, Membership
from identity.organizations.models import Organization


class EventChain(NamedTuple):
    """Names the chain of an event and the organization that reads it, which is None for the supplier and a person."""

    chain: uuid.UUID
    organization: uuid.UUID | None


class SubjectSet(Protocol):
    """Holds the subjects of one act. Each capability has its own class; `acting` imports none of them."""

    is_new: bool
    """Whether the act creates its subject: a refusal has no subject to name."""

    @property
    def kind(self) -> On:
        """Return the kind that the verb must apply to."""
        ...

    @property
    def ids(self) -> Sequence[uuid.UUID]:
        """Return the ids of the subjects, in order. Each gets one event."""
        ...

    @property
    def rows(self) -> Sequence[Any]:
        """Return the subjects as last read."""
        ...

    def contains(self, subject: uuid.UUID) -> bool:
        """Answer whether an event can belong to this subject."""
        ...

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the chain that the event of this subject is written to."""
        ...

    def chains(self) -> Sequence[uuid.UUID]:
        """Return all chains to lock. Opens the chain of a new subject."""
        ...

    def users(self) -> Collection[uuid.UUID]:
        """Return the users whose rows the act locks."""
        ...

    def data_subject(self, subject: uuid.UUID) -> uuid.UUID | None:
        """Return the user that free text about this subject concerns; None where there is no user."""
        ...

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return the name of the person who this subject is, as read under the locks; None for other subjects."""
        ...

    def reload(self) -> None:
        """Read the rows again under the locks. Raises NotFound for a deleted row."""
        ...

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide whether the actor may do the verb to the whole set."""
        ...

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Return the kind and id by which the log names this subject."""
        ...


def organization_of(on: SubjectSet) -> uuid.UUID | None:
    """Return the organization of the set; None for the supplier, a person, or several organizations."""
    organizations = {on.event_chain(subject).organization for subject in on.ids}
    return organizations.pop() if len(organizations) == 1 else None


class RowsOfOneOrganization:
    """Holds rows of one table that belong to one organization; most sets derive from this class.

    Raises NotFound for an empty set and for a set over several organizations.
    """

    kind: ClassVar[On]
    stored: ClassVar[QuerySet[Any]]
    """The source of `reload`."""
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
        """Return the ids in the order of the set."""
        return list(self._ids)

    def contains(self, subject: uuid.UUID) -> bool:
        """Compare by id."""
        return subject in self._ids

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the organization's chain for every subject."""
        del subject
        return EventChain(self.organization, self.organization)

    def chains(self) -> list[uuid.UUID]:
        """Return the organization's chain only."""
        return [self.organization]

    def users(self) -> Collection[uuid.UUID]:
        """Lock no users."""
        return ()

    def data_subject(self, subject: uuid.UUID) -> uuid.UUID | None:
        """Return None, because the rows concern no user."""
        del subject
        return None

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return None, because the rows are no people."""
        del subject
        return None

    def reload(self) -> None:
        """Read the rows again under the locks.

        Raises NotFound for a deleted row, and for a row of an organization whose chain is not locked.
        """
        rows = self.stored.filter(id__in=self.ids)
        fresh = {row.id: row for row in rows if row.organization_id == self.organization}
        if len(fresh) != len(self.rows):
            raise NotFound
        self.rows = [fresh[row_id] for row_id in self.ids]

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the subject by the kind of the set."""
        return Subject(self.kind.value, subject)


class MembershipSet(RowsOfOneOrganization):
    """Holds members of one organization; an act on them locks their users too."""

    kind = On.MEMBERSHIP
    stored = Membership.objects.annotate(person_name=SHOWN_NAME)

    def __init__(self, rows: Iterable[Membership]) -> None:
        super().__init__(rows)
        self._users: dict[uuid.UUID, uuid.UUID] = {row.id: row.user_id for row in self.rows}
        self._labels: dict[uuid.UUID, PersonalValue] = {}

    def users(self) -> set[uuid.UUID]:
        """Return the users of the memberships."""
        return set(self._users.values())

    def data_subject(self, subject: uuid.UUID) -> uuid.UUID | None:
        """Return the user of this membership."""
        return self._users.get(subject)

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return the member's name, as the organization sees it."""
        return self._labels.get(subject)

    def reload(self) -> None:
        """Read the rows again under the locks, with the people's names. Raises NotFound for a deleted row."""
        super().reload()
        self._labels = {row.id: PersonalValue(row.person_name, (row.user_id,)) for row in self.rows}

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the members' roles and sites."""
        return policy.MembershipIds(self.ids).decide(actor=actor, verb=verb, at=at)


class OneChain:
    """Holds a single subject that has its own chain."""

    kind: ClassVar[On]
    is_new = False

    def __init__(self, chain: uuid.UUID, rows: Sequence[Any] = ()) -> None:
        self.chain = chain
        self.rows: Sequence[Any] = rows

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the id of the subject, which is also its chain's."""
        return [self.chain]

    def contains(self, subject: uuid.UUID) -> bool:
        """Compare with the chain's id."""
        return subject in self.ids

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the subject's own chain; no organization can read the event."""
        return EventChain(subject, None)

    def chains(self) -> list[uuid.UUID]:
        """Return the subject's own chain."""
        return [self.chain]

    def users(self) -> Collection[uuid.UUID]:
        """Lock no users."""
        return ()

    def data_subject(self, subject: uuid.UUID) -> uuid.UUID | None:
        """Return None, because the subject concerns no user."""
        del subject
        return None

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return None, because the subject is no other person than the actor."""
        del subject
        return None

    def reload(self) -> None:
        """Do nothing: no row is held in memory."""

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the subject by the kind of the set."""
        return Subject(self.kind.value, subject)


class OrganizationSet(OneChain):
    """Holds the organization of an act on the organization as a whole."""

    kind = On.ORGANIZATION

    def __init__(self, organization: Organization) -> None:
        super().__init__(organization.id, [organization])

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the organization's own chain; the organization can read the event."""
        return EventChain(subject, subject)

    def reload(self) -> None:
        """Read the organization again under the lock. Raises NotFound if it was deleted."""
        self.rows = list(Organization.objects.filter(id=self.chain))
        if not self.rows:
            raise NotFound

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the actor's roles anywhere in the organization."""
        return policy.OrganizationId(self.chain).decide(actor=actor, verb=verb, at=at)


class OrganizationIds:
    """Holds organizations in which the system records a change of the supplier; each has its own event and chain."""

    kind = On.ORGANIZATION
    is_new = False

    def __init__(self, organizations: Sequence[uuid.UUID]) -> None:
        self.ids = list(organizations)
        self.rows: Sequence[Any] = self.ids

    def contains(self, subject: uuid.UUID) -> bool:
        """Compare by id."""
        return subject in self.ids

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the organization's own chain; the organization can read the event."""
        return EventChain(subject, subject)

    def chains(self) -> list[uuid.UUID]:
        """Return the chains of these organizations; the supplier's is not locked."""
        return self.ids

    def users(self) -> Collection[uuid.UUID]:
        """Lock no users."""
        return ()

    def data_subject(self, subject: uuid.UUID) -> uuid.UUID | None:
        """Return None, because an organization is no person."""
        del subject
        return None

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return None, because an organization is no person."""
        del subject
        return None

    def reload(self) -> None:
        """Do nothing: no row is held in memory."""

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Hide the organizations: only the system acts on them, which `policy.decide` allows before it asks."""
        del actor, verb, at
        return policy.HIDDEN

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the organization."""
        return Subject(self.kind.value, subject)


class SupplierSet(OneChain):
    """Stands for the supplier's own data; the organizations in `affects` get a consequence event.

    Staff need a right for these organizations and `units`; without any, for the whole supplier.
    """

    kind = On.SUPPLIER

    def __init__(self, affects: Sequence[uuid.UUID] = (), *, units: Sequence[uuid.UUID] = ()) -> None:
        super().__init__(ledger.SUPPLIER)
        self._affects, self._units = affects, units

    def chains(self) -> list[uuid.UUID]:
        """Return the supplier's chain, and those of the affected organizations."""
        return [self.chain, *self._affects]

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by staff rights; `policy.decide` allows the system before it asks the set."""
        return policy.SupplierData(self._affects, self._units).decide(actor=actor, verb=verb, at=at)
