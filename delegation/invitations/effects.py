"""Commands of any capability invite first admins, and make an invited person a member, by these effects."""

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from audit.personal_data import SUBJECT_LABEL, PersonalValue
from delegation.access import store as access_store
from delegation.acts.act import Act
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.invitations import followups, links, sending
from delegation.invitations.models import Invitation
from delegation.invitations.recipients import Recipient
from delegation.invitations.sending import InvitationTerms
from identity import lifecycle
from identity.memberships.models import Membership
from identity.people import credentials
from identity.people.models import User


def invite_first(
    act: Act, *, email: str, name: str, access: AccessSpec, language: str, also_members: bool = False
) -> str:
    """Invite an admin of the act's organization, which has none, for the supplier, and return the link (`sending`).

    `also_members`: the person may be a member, who keeps what they have and gets the offered access besides.
    """
    terms = InvitationTerms(access, language, reason="")
    return sending.send_first(act, Recipient(email, name), terms, also_members=also_members)


def invite(act: Act, *, person: Recipient, access: AccessSpec, language: str) -> tuple[Invitation, str]:
    """Invite a person as a consequence of another act of the sender, and return the invitation with its link."""
    return sending.send_besides(act, person, InvitationTerms(access, language, reason=""))


def cancel_first(act: Act, invitation: Invitation) -> None:
    """Cancel the invitation of a first admin, which another one replaces. Raises InvitationGone unless it is open."""
    row = Invitation.objects.get(id=invitation.id, organization=act.organization)
    links.require_open(row)
    Invitation.objects.filter(id=row.id).update(cancelled_at=act.at)
    act.also(Verb.INVITATION_CANCEL, Subject("invitation", row.id), cause=act.verb, chain=act.organization)


def join(
    act: Act,
    invitation: Invitation,
    *,
    user: User,
    is_new: bool,
    present: Membership | None,
    access: AccessSpec,
    sender: Actor,
) -> Membership:
    """Make this person a member with the offered access, assigned by the sender. The caller has checked the link.

    `is_new`: the act created the user, with the invitation's address. A `present` member keeps what they have and gets
    the offered access besides.
    """
    kept = access_store.snapshot(memberships=[present.id], at=act.at).get(present.id, []) if present else []
    membership = present or _add_member(act, invitation, user)
    access_store.assign_each(assignments=[(membership.id, access)], actor=sender, act=act.id, at=act.at)
    Invitation.objects.filter(id=invitation.id).update(accepted_at=act.at, membership=membership)
    after = {"state": "active", "access": [*kept, access.to_json()], "membership": str(membership.id)}
    act.record_change(invitation.id, verb=Verb.INVITATION_ACCEPT, before={}, after=after)
    invited_by = {"invited_by": str(sender.id), "invited_by_kind": sender.kind.value}
    act.also(
        Verb.INVITATION_ACCEPT,
        Subject("membership", membership.id),
        cause=Verb.INVITATION_ACCEPT,
        before={"state": "active", "access": kept} if present else {"state": "none"},
        after={**after, **credentials.joined(user=user, is_new=is_new)},
        facts={**invited_by, "invitation": str(invitation.id)},
        personal={SUBJECT_LABEL: PersonalValue(user.name, (user.id,))},
    )
    followups.run(act, invitation, membership)
    return membership


def _add_member(act: Act, invitation: Invitation, user: User) -> Membership:
    (membership,) = lifecycle.add_members(organization=invitation.organization, users=[user], at=act.at)
    return membership
