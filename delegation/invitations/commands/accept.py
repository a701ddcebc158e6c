"""Becoming a colleague."""

import dataclasses
import uuid

from audit.foundation.actor import Actor, Kind
from delegation.access import rules as access_rules
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.fingerprint import CHANGES_EACH_TIME
from delegation.acts.idempotency import Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyMember, InvitationGone, WrongPerson
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.invitations import effects, links
from delegation.invitations.models import Invitation, InvitationToken
from delegation.invitations.subjects import InvitationSet
from identity import lifecycle, machine_secrets
from identity.memberships import queries as memberships_queries
from identity.people import addresses
from identity.people.models import User


@dataclasses.dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody without a sign-in yet. `password` is already hashed: that is slow, and is done before the act."""

    name: str
    password: str = dataclasses.field(metadata=CHANGES_EACH_TIME)
    language: str


@dataclasses.dataclass(frozen=True, slots=True)
class InvitationAccepted:
    """Who joined."""

    membership: uuid.UUID
    user: uuid.UUID


@command
def accept(
    *,
    actor: Actor,
    invitation: Invitation,
    link: str,
    as_whom: User | Newcomer,
    idempotency_key: str | None = None,
) -> Outcome[InvitationAccepted]:
    """Become a colleague. `as_whom` is the signed-in person, or a newcomer; the address is the invitation's own.

    Raises InvalidInput, InvitationGone and WrongPerson; what is offered
    must still be within what its sender may give.
    """
    whom = as_whom if isinstance(as_whom, User) else _cleaned(as_whom)
    with acting(
        actor, Verb.INVITATION_ACCEPT, on=InvitationSet([invitation]), idempotency_key=idempotency_key
    ) as act:
        (fresh,) = act.on
        _still_open(act, fresh, link)
        user = _person(act, fresh, whom)
        access, sender = links.offered_access(fresh), _sender(act, fresh)
        _still_given(act, sender, access, user)
        membership = effects.join(act, fresh, user=user, access=access, sender=sender)
        return act.set_result(InvitationAccepted(membership.id, membership.user_id))


def _cleaned(newcomer: Newcomer) -> Newcomer:
    name = input_cleaning.line(newcomer.name, field="name", longest=input_cleaning.NAME, required=True)
    return dataclasses.replace(newcomer, name=name, language=input_cleaning.language(newcomer.language))


def _sender(act: Act, invitation: Invitation) -> Actor:
    return Actor(kind=Kind(invitation.invited_by_kind), id=invitation.invited_by, channel=act.actor.channel)


def _still_open(act: Act, invitation: Invitation, link: str) -> None:
    known = InvitationToken.objects.filter(
        invitation=invitation, hash__in=machine_secrets.hash_candidates(link)
    ).exists()
    states = {
        "unknown": not known,
        "used": invitation.accepted_at is not None,
        "cancelled": invitation.cancelled_at is not None,
        "expired": invitation.expires_at <= act.at,
    }
    for state, holds in states.items():
        if holds:
            raise InvitationGone(state=state)


def _still_given(act: Act, sender: Actor, access: AccessSpec, user: User) -> None:
    try:
        access_rules.check_assignment_authority(
            actor=sender,
            verb=Verb.MEMBER_INVITE,
            organization=act.organization,
            access=access,
            at=act.at,
            receivers=[user.id],
        )
    except access_rules.REFUSALS as refusal:
        raise InvitationGone(state="withdrawn") from refusal


def _person(act: Act, invitation: Invitation, as_whom: User | Newcomer) -> User:
    holder = addresses.owners(addresses=[invitation.email]).get(invitation.email)
    if isinstance(as_whom, User):
        if holder is None or holder.id != as_whom.id or not holder.is_active:
            raise WrongPerson
        here = (
            memberships_queries.active_or_suspended(at=act.at)
            .filter(organization=act.organization, user=holder)
            .first()
        )
        if here is not None:
            raise AlreadyMember(membership=str(here.id))
        if holder.mail_bounced_at is not None and holder.email.lower() == invitation.email.lower():
            addresses.mark_deliverable(
                user=holder.id
            )  # the link came by mail, to the address that was not reached
        return holder
    if holder is not None:
        raise WrongPerson  # there is a sign-in with this address: it has to be used
    newcomer = lifecycle.NewPerson(
        email=invitation.email, name=as_whom.name, password=as_whom.password, language=as_whom.language
    )
    (made,) = lifecycle.create_people(people=[newcomer], at=act.at)
    return made
