"""Service users are the subjects of an act."""

import datetime as dt
import uuid
from collections.abc import Collection

from audit.foundation.actor import Actor, ActorKind
from audit.log import ledger
from audit.log.ledger import Subject
from delegation.acts.subjects import EventChain, OneChain, OrganizationSet, RowsOfOneOrganization
from delegation.authorization import authorities, policy
from delegation.authorization.errors import NotFound
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from identity.organizations.models import Organization
from identity.people.models import User
from identity.service_users.models import ServiceUser


class ServiceUserSet(RowsOfOneOrganization):
    """Holds service users of one organization."""

    kind = On.SERVICE_USER
    stored = ServiceUser.objects.all()

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the actor's roles for all sites of the organization."""
        return policy.OrganizationId(self.organization).decide(actor=actor, verb=verb, at=at)


class StaffServiceUser(OneChain):
    """Holds a service user that a staff member owns; the act is the supplier's. A new one has no row before `add`."""

    kind = On.SUPPLIER

    def __init__(self, owner: User, row: ServiceUser | None = None) -> None:
        super().__init__(ledger.SUPPLIER)
        self.owner, self._service_user = owner, row.id if row else None

    def add(self, service_user: uuid.UUID) -> None:
        """Make this service user the subject of the act; a refusal before this is about the supplier."""
        self._service_user = service_user

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the id of the service user, or of the supplier's chain before `add`."""
        return [self._service_user or self.chain]

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the supplier's chain."""
        del subject
        return EventChain(self.chain, None)

    def users(self) -> Collection[uuid.UUID]:
        """Lock the owner: one who is blocked meanwhile gets no program."""
        return [self.owner.pk]

    def reload(self) -> None:
        """Read the owner and the row again. Raises NotFound for an owner who is not staff, or blocked."""
        if self._service_user is not None:
            self.rows = list(ServiceUser.objects.filter(id=self._service_user))
            return
        staff = User.all_directories.filter(directory=User.Directory.STAFF, is_active=True)
        if not staff.filter(pk=self.owner.pk).exists():
            raise NotFound

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide the owner's own by a right that lets them have one, any other by rights for the whole supplier.

        `policy.decide` allows the system before it asks the set.
        """
        if actor.kind is ActorKind.STAFF and actor.id == self.owner.pk:
            own = authorities.authorities_of(actor=actor, at=at)
            if any(Verb.STAFF_SERVICE_CREATE.value in authority.verbs for authority in own):
                return policy.YES
        return policy.SupplierData().decide(actor=actor, verb=verb, at=at)

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the supplier or the service user."""
        kind = On.SUPPLIER if subject == self.chain else On.SERVICE_USER
        return Subject(kind.value, subject)


class ServiceUserCreation(OrganizationSet):
    """Holds the organization that decides, and then the service user that the act makes."""

    def __init__(self, organization: Organization) -> None:
        super().__init__(organization)
        self._service_user: uuid.UUID | None = None

    def add(self, service_user: uuid.UUID) -> None:
        """Make this service user the subject of the act; a refusal before this is about the organization."""
        self._service_user = service_user

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the id of the service user, or of the organization before `add`."""
        return [self._service_user or self.chain]

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the organization's chain for every subject."""
        del subject
        return EventChain(self.chain, self.chain)

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the organization or the service user."""
        kind = On.ORGANIZATION if subject == self.chain else On.SERVICE_USER
        return Subject(kind.value, subject)
