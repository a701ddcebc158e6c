"""Inviting, asking again, taking back."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

from django.db.models import Q

from audit import ids
from audit.actor import Actor
from audit.ledger import Subject
from delegation import inputs, links, rules
from delegation.act import Act, OrganizationSet, Outcome, acting, command
from delegation.act.outcome import NOT_STORED
from delegation.commands.invitations.subjects import InvitationSet
from delegation.errors import AlreadyInvited, AlreadyMember, InvitationGone
from delegation.models import Invitation, InvitationToken, Role
from delegation.verbs import Verb
from delegation.wanted import Access
from identity import memberships, secret
from identity.models import Organization, Site

LASTS = dt.timedelta(days=7)


@dataclasses.dataclass(frozen=True, slots=True)
class _Letter:
    """What is known of whoever is invited."""

    address: str
    name: str
    language: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class InvitationSent:
    """`link` is the secret of the link: it is mailed by the caller and stored nowhere."""

    invitation: uuid.UUID
    link: str = dataclasses.field(default="", metadata=NOT_STORED)


@command
def invite(
    *,
    actor: Actor,
    organization: Organization,
    email: str,
    access: Access,
    name: str = "",
    language: str = "en",
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[InvitationSent]:
    """Offer this access to an address.

    The link is shown and mailed by the door and stands nowhere else: a repetition under the same idempotency key
    returns none.
    Raises AlreadyMember, AlreadyInvited, BadAccess, BadInput, BeyondAuthority, BeyondCeiling and TooOften besides what
    every act raises.
    """
    letter = _Letter(
        address=inputs.address(email),
        name=inputs.line(name, field="name", longest=inputs.NAME),
        language=inputs.language(language),
        reason=inputs.reason(reason),
    )
    link = secret.fresh(prefix=links.PREFIX)
    with acting(
        actor, Verb.MEMBER_INVITE, on=OrganizationSet(organization), idempotency_key=idempotency_key
    ) as act:
        _may_be_sent(act, letter, access)
        made = _write(act, letter, access)
        InvitationToken.objects.create(hash=secret.hashed(link), invitation=made, created_at=act.at)
        _tell(act, made, access)
        return act.set_result(InvitationSent(made.id, link))


def _may_be_sent(act: Act, letter: _Letter, access: Access) -> None:
    _nobody_there(act, letter.address)
    _nothing_open(act, letter.address)
    rules.within_authority(
        actor=act.actor, verb=act.verb, organization=act.organization, access=access, at=act.at
    )
    rules.not_too_often(actor=act.actor, organization=act.organization, email=letter.address, at=act.at)


def _tell(act: Act, made: Invitation, access: Access) -> None:
    """What is personal is about somebody who has no key yet: it is sealed under the invitation's own."""
    where = act.organization
    act.changed(where, before={}, after={"invitation": str(made.id), "access": access.to_json()})
    act.privately(where, "email", made.email, made.id)
    act.privately(where, "name", made.name, made.id)
    writer = [act.actor.id] if act.actor.is_person else []
    act.privately(where, "reason", made.reason, *writer, made.id)
    act.say(invitation=str(made.id))


def _nobody_there(act: Act, address: str) -> None:
    proven = Q(user__emailaddress__email=address, user__emailaddress__verified=True)
    present = memberships.present(at=act.at).filter(organization=act.organization)
    here = present.filter(Q(user__email=address) | proven).first()
    if here is not None:
        raise AlreadyMember(membership=str(here.id))


def _nothing_open(act: Act, address: str) -> None:
    """One that has expired makes way, and the log says so."""
    waiting = Invitation.objects.filter(
        organization=act.organization, email=address, accepted_at=None, cancelled_at=None
    ).first()
    if waiting is None:
        return
    if waiting.expires_at > act.at:
        raise AlreadyInvited(invitation=str(waiting.id))
    Invitation.objects.filter(id=waiting.id).update(cancelled_at=act.at)
    expired = {"expired": waiting.expires_at.isoformat()}
    act.also(
        Verb.INVITATION_CANCEL, Subject("invitation", waiting.id), because=Verb.MEMBER_INVITE, facts=expired
    )


def _write(act: Act, letter: _Letter, access: Access) -> Invitation:
    made = Invitation.objects.create(
        id=ids.uuid7(),
        organization_id=act.organization,
        email=letter.address,
        name=letter.name,
        language=letter.language,
        role=Role.objects.get(key=access.role),
        all_sites=access.all_sites,
        limits=[{"entitlement": key, **limit.to_json()} for key, limit in sorted(access.limits.items())],
        access_until=access.until,
        reason=letter.reason,
        invited_by=act.actor.id,
        invited_by_kind=act.actor.kind.value,
        created_at=act.at,
        expires_at=act.at + LASTS,
    )
    made.sites.add(*Site.objects.filter(id__in=access.sites))
    return made


@command
def resend(
    *, actor: Actor, invitation: Invitation, idempotency_key: str | None = None
) -> Outcome[InvitationSent]:
    """A further link for the same invitation, and seven more days.

    Whoever sends it again stands for it from now on. Raises InvitationGone and what `invite` raises.
    """
    link = secret.fresh(prefix=links.PREFIX)
    with acting(
        actor, Verb.INVITATION_RESEND, on=InvitationSet([invitation]), idempotency_key=idempotency_key
    ) as act:
        (fresh,) = act.on
        _still_open(act)
        rules.within_authority(
            actor=actor, verb=act.verb, organization=act.organization, access=links.offered(fresh), at=act.at
        )
        rules.not_too_often(
            actor=actor, organization=act.organization, email=fresh.email, at=act.at, again=fresh
        )
        sender = {"invited_by": actor.id, "invited_by_kind": actor.kind.value}
        Invitation.objects.filter(id=fresh.id).update(expires_at=act.at + LASTS, **sender)
        InvitationToken.objects.create(hash=secret.hashed(link), invitation=fresh, created_at=act.at)
        act.changed(
            fresh.id,
            before={"expires": fresh.expires_at.isoformat(), "invited_by": str(fresh.invited_by)},
            after={"expires": (act.at + LASTS).isoformat(), "invited_by": str(actor.id)},
        )
        return act.set_result(InvitationSent(fresh.id, link))


@command
def cancel(
    *, actor: Actor, invitations: Sequence[Invitation], idempotency_key: str | None = None
) -> Outcome[None]:
    """Withdraw invitations: every link to them is dead. Raises InvitationGone where one is not open any more."""
    with acting(
        actor, Verb.INVITATION_CANCEL, on=InvitationSet(invitations), idempotency_key=idempotency_key
    ) as act:
        _still_open(act)
        Invitation.objects.filter(id__in=act.ids).update(cancelled_at=act.at)
    return act.outcome


def _still_open(act: Act) -> None:
    for invitation in act.on:
        if invitation.accepted_at is not None:
            raise InvitationGone(state="used")
        if invitation.cancelled_at is not None:
            raise InvitationGone(state="cancelled")
