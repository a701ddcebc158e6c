"""Invitations are the subjects of an act."""

import datetime as dt
import uuid
from collections.abc import Iterable

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from delegation.acts.subjects import EventChain, OrganizationSet, RowsOfOneOrganization
from delegation.authorization import policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from delegation.invitations import scope as invitations_scope
from delegation.invitations.models import Invitation
from identity.organizations.models import Organization


class InvitationSet(RowsOfOneOrganization):
    """Holds invitations of one organization."""

    kind = On.INVITATION
    stored = Invitation.objects.select_related("organization", "role")

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow those who could have sent the invitations, and every acceptance: the command checks the link."""
        if verb is Verb.INVITATION_ACCEPT:
            return policy.YES
        scope = invitations_scope.visible(actor=actor, verb=verb, at=at, organization=self.organization)
        return policy.within_scope(ids=self.ids, scope=scope)


class NewInvitations(OrganizationSet):
    """Holds the organization that decides, and then the invitations that the act makes: each gets one event."""

    def __init__(self, organization: Organization) -> None:
        super().__init__(organization)
        self._invitations: list[uuid.UUID] = []

    def add(self, invitations: Iterable[uuid.UUID]) -> None:
        """Make these invitations the subjects of the act; a refusal before this is about the organization."""
        self._invitations.extend(invitations)

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the ids of the invitations, or of the organization before `add`."""
        return list(self._invitations) or super().ids

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the organization's chain for every subject."""
        del subject
        return EventChain(self.chain, self.chain)

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the organization or the invitation."""
        kind = On.ORGANIZATION if subject == self.chain else On.INVITATION
        return Subject(kind.value, subject)
