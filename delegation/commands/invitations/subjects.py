"""Invitations as the subjects of an act."""

import datetime as dt

from audit.actor import Actor
from delegation import policy, scopes
from delegation.act.subjects import RowsOfOneOrganization
from delegation.models import Invitation
from delegation.policy import Decision
from delegation.verbs import On, Verb


class InvitationSet(RowsOfOneOrganization):
    """Invitations of one organization."""

    kind = On.INVITATION
    stored = Invitation.objects.select_related("organization", "role")

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Whoever could have sent them may. Accepting is free: the command checks the link under the lock."""
        if verb is Verb.INVITATION_ACCEPT:
            return policy.YES
        scope = scopes.invitations_ever(actor=actor, verb=verb, at=at, organization=self.organization)
        return policy.within_scope(ids=self.ids, scope=scope)
