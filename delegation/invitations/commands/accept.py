"""The invited person accepts an invitation."""

import dataclasses
import uuid

from django.db.models import Max

from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.fingerprint import CHANGES_EACH_TIME
from delegation.acts.idempotency import Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyMember, InvitationGone, WrongPerson
from delegation.authorization.verbs import Verb
from delegation.departures import due
from delegation.invitations import effects, links, sender_authority
from delegation.invitations.models import Invitation, InvitationToken
from delegation.invitations.subjects import InvitationSet
from identity import lifecycle, machine_secrets
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.people import addresses
from identity.people.models import User


@dataclasses.dataclass(frozen=True, slots=True)
class Newcomer:
    """Describes a person without a sign-in. `password` is a hash: hashing is slow and is done before the act."""

    name: str
    password: str = dataclasses.field(metadata=CHANGES_EACH_TIME)
    language: str


@dataclasses.dataclass(frozen=True, slots=True)
class InvitationAccepted:
    """Names the member; `joined` is False for a present member who got more access."""

    membership: uuid.UUID
    user: uuid.UUID
    joined: bool = True


@command
def accept(
    *,
    actor: Actor,
    invitation: Invitation,
    link: str,
    accepted_by: User | Newcomer,
    idempotency_key: str | None = None,
) -> Outcome[InvitationAccepted]:
    """Accept an invitation as the signed-in person or as a newcomer; the address is the invitation's.

    A present member, perhaps hidden from the sender, keeps what they have and gets the offered access besides. The
    sender's authority is checked again. Raises InvalidInput, InvitationGone, WrongPerson, and AlreadyMember for a
    suspended member.
    """
    person = _prepared(accepted_by, invitation)
    with acting(
        actor, Verb.INVITATION_ACCEPT, on=InvitationSet([invitation]), idempotency_key=idempotency_key
    ) as act:
        (reloaded,) = act.on
        _require_valid_link(act, reloaded, link)
        user = _load_or_create_user(act, reloaded, person)
        present = _present_member(act, reloaded, user) if isinstance(person, User) else None
        access, channel = links.offered_access(reloaded), act.actor.channel
        sender_authority.require(
            invitation=reloaded, access=access, channel=channel, at=act.at, receivers=[user.id]
        )
        membership = effects.join(
            act,
            reloaded,
            user=user,
            is_new=isinstance(person, Newcomer),
            present=present,
            access=access,
            sender=sender_authority.sender(reloaded, channel=channel),
        )
        return act.set_result(InvitationAccepted(membership.id, membership.user_id, joined=present is None))


def _prepared(person: User | Newcomer, invitation: Invitation) -> User | Newcomer:
    if isinstance(person, Newcomer):
        return _cleaned(person)
    due.carry_out(organization=invitation.organization_id)
    return person


def _cleaned(newcomer: Newcomer) -> Newcomer:
    name = input_cleaning.name(newcomer.name)
    return dataclasses.replace(newcomer, name=name, language=input_cleaning.language(newcomer.language))


def _require_valid_link(act: Act, invitation: Invitation, link: str) -> None:
    known = InvitationToken.objects.filter(
        invitation=invitation, hash__in=machine_secrets.hash_candidates(link)
    ).exists()
    states = {
        "unknown": not known,
        "used": invitation.accepted_at is not None,
        "cancelled": invitation.cancelled_at is not None,
        "expired": invitation.expires_at <= act.at,
    }
    for state, applies in states.items():
        if applies:
            raise InvitationGone(state=state)


def _present_member(act: Act, invitation: Invitation, user: User) -> Membership | None:
    """Read the person's present membership here. Raises AlreadyMember for a suspended one: nothing is added to it.

    Raises InvitationGone for a former member who left after the invitation was last sent. A removal cancels the
    invitations to all addresses of the leaver, but not those to an address that was verified later.
    """
    own = Membership.objects.filter(organization=act.organization, user=user)
    present = memberships_queries.is_present(at=act.at)
    found = own.annotate(is_present=present, ended_at=Max("periods__valid_until")).first()
    if found is None:
        return None
    if not found.is_present:
        if found.ended_at is not None and found.ended_at > links.last_sent_at(invitation):
            raise InvitationGone(state="membership_ended")
        return None
    if not memberships_queries.active(at=act.at).filter(id=found.id).exists():
        raise AlreadyMember(membership=str(found.id))
    return found


def _load_or_create_user(act: Act, invitation: Invitation, person: User | Newcomer) -> User:
    owner = addresses.owners(addresses=[invitation.email]).get(invitation.email)
    if isinstance(person, User):
        if owner is None or owner.id != person.id or not owner.is_active:
            raise WrongPerson
        if owner.mail_bounced_at is not None and owner.email.lower() == invitation.email.lower():
            # The link came by mail: the address works again.
            addresses.mark_deliverable(user=owner.id)
            act.record_change(invitation.id, before={}, after={"deliverable": True, "user": str(owner.id)})
        return owner
    if owner is not None:
        raise WrongPerson  # an existing sign-in with this address must be used
    newcomer = lifecycle.NewPerson(
        email=invitation.email, name=person.name, password=person.password, language=person.language
    )
    (user,) = lifecycle.create_people(people=[newcomer], at=act.at)
    return user
