"""An admin is the subject of what colleagues ask and say about the admin."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor, ActorKind
from audit.log.ledger import Subject
from delegation.absence_claims.models import AbsenceClaim
from delegation.acts.subjects import MembershipSet
from delegation.authorization import policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership


class AdminSet(MembershipSet):
    """Holds one admin. Colleagues of the organization ask, and say that the admin has left."""

    kind = On.ADMIN

    def __init__(self, admin: Membership) -> None:
        super().__init__([admin])
        self.person = admin.user_id

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the membership."""
        return Subject("membership", subject)

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow the colleagues; hide the admin from everyone else."""
        del verb
        if not is_colleague(actor, self.organization, at):
            return policy.HIDDEN
        if actor.id == self.person:
            return Decision(allowed=False, reason="own_membership", refused=tuple(self.ids))
        return policy.YES


class ClaimedAdmin(AdminSet):
    """Holds the admin of a claim, for those who close it."""

    def __init__(self, claim: AbsenceClaim) -> None:
        super().__init__(claim.membership)
        self._claimed_by = claim.claimed_by

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow the admin, the colleague who made the claim, those who can remove the admin, and support."""
        if actor.kind is ActorKind.STAFF:
            return policy.SupplierData((self.organization,)).decide(actor=actor, verb=verb, at=at)
        if not is_colleague(actor, self.organization, at):
            return policy.HIDDEN
        if actor.id in {self.person, self._claimed_by}:
            return policy.YES
        removal = policy.MembershipIds(self.ids).decide(actor=actor, verb=Verb.MEMBER_REMOVE, at=at)
        return policy.YES if removal else policy.HIDDEN


def is_colleague(actor: Actor, organization: uuid.UUID, at: dt.datetime) -> bool:
    """Return whether the actor is a person with a membership in force. One statement for a person."""
    rows = memberships_queries.active(at=at).filter(organization=organization, user=actor.id)
    return actor.kind is ActorKind.PERSON and rows.exists()
