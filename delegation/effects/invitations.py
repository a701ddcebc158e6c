"""Making an invited person a member."""

from audit.actor import Actor
from audit.ledger import Subject
from delegation import granting
from delegation.act import Act
from delegation.models import Invitation
from delegation.verbs import Verb
from delegation.wanted import Access
from identity import lifecycle
from identity.models import Membership, User


def join(act: Act, invitation: Invitation, *, user: User, access: Access, sender: Actor) -> Membership:
    """Make this person a member with the access offered, given by the sender. The caller has checked the link."""
    (membership,) = lifecycle.join(organization=invitation.organization, users=[user], at=act.at)
    granting.give(
        memberships=[membership.id],
        access=access,
        actor=sender,
        act=act.id,
        at=act.at,
        reason=invitation.reason,
    )
    Invitation.objects.filter(id=invitation.id).update(accepted_at=act.at, membership=membership)
    after = {"state": "active", "access": [access.to_json()], "membership": str(membership.id)}
    act.record_change(Verb.INVITATION_ACCEPT, Subject("invitation", invitation.id), before={}, after=after)
    act.also(
        Verb.INVITATION_ACCEPT,
        Subject("membership", membership.id),
        because=Verb.INVITATION_ACCEPT,
        before={"state": "none"},
        after=after,
        facts={"invited_by": str(invitation.invited_by), "invitation": str(invitation.id)},
    )
    return membership
