"""A handover is the subject of the acts of its giver and its successor."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor, ActorKind
from audit.log.ledger import Subject
from delegation.acts.subjects import MembershipSet
from delegation.authorization import policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from delegation.handovers.models import Handover
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership


class GiverSet(MembershipSet):
    """Holds the membership of the giver; the act locks the successor too."""

    kind = On.HANDOVER

    def __init__(self, giver: Membership, successor: Membership | None = None) -> None:
        super().__init__([giver])
        self.giver, self.successor = giver, successor

    def users(self) -> set[uuid.UUID]:
        """Lock the giver and the successor."""
        return super().users() | ({self.successor.user_id} if self.successor else set())

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the membership of the giver."""
        return Subject("membership", subject)

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Let the giver begin, cancel and complete, and the successor accept and decline. Hide it from others."""
        giver, successor = self.giver, self.successor
        own: dict[Verb, list[Membership | None]] = {
            Verb.HANDOVER_OPEN: [giver],
            Verb.HANDOVER_COMPLETE: [giver],
            Verb.HANDOVER_ACCEPT: [successor],
            Verb.HANDOVER_CLOSE: [giver, successor],
        }
        ids = [one.id for one in own[verb] if one is not None and one.user_id == actor.id]
        is_present = memberships_queries.active(at=at).filter(id__in=ids).exists()
        return policy.YES if actor.kind is ActorKind.PERSON and is_present else policy.HIDDEN


def of_handover(row: Handover) -> GiverSet:
    """Return the set of this handover, with the successor who is known by now."""
    invited = row.invitation.membership if row.invitation else None
    return GiverSet(row.giver, row.successor or invited)
