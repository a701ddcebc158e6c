"""Invitations as subjects of an act."""

import datetime as dt

from audit.foundation.actor import Actor
from delegation.acts.subjects import RowsOfOneOrganization
from delegation.authorization import policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from delegation.invitations import scope as invitations_scope
from delegation.invitations.models import Invitation


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
