"""An admin is the subject of the own confirmation."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor, ActorKind
from audit.log.ledger import Subject
from delegation.acts.subjects import MembershipSet
from delegation.authorization import admin_queries, policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb


class OwnAdminPart(MembershipSet):
    """Holds the actor's own membership, by which the actor is a working admin; it is hidden from everyone else."""

    kind = On.ADMIN

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the membership."""
        return Subject("membership", subject)

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow the working admin alone."""
        del verb
        admins = admin_queries.working_admins(organization=self.organization, at=at)
        is_own = actor.kind is ActorKind.PERSON and admins.filter(id__in=self.ids, user=actor.id).exists()
        return policy.YES if is_own else policy.HIDDEN
