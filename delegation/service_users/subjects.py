"""Service users are the subjects of an act."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from delegation.acts.subjects import EventChain, OrganizationSet, RowsOfOneOrganization
from delegation.authorization import policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from identity.organizations.models import Organization
from identity.service_users.models import ServiceUser


class ServiceUserSet(RowsOfOneOrganization):
    """Holds service users of one organization."""

    kind = On.SERVICE_USER
    stored = ServiceUser.objects.all()

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the actor's roles for all sites of the organization."""
        return policy.OrganizationId(self.organization).decide(actor=actor, verb=verb, at=at)


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
