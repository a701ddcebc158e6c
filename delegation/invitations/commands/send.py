"""Inviting, asking again, taking back."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

from django.db.models import Q

from audit.foundation import ids
from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from delegation.access import rules as access_rules
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.acts.subjects import OrganizationSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyInvited, AlreadyMember, InvitationGone
from delegation.authorization.models.roles import Role
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.invitations import links, mail_limits
from delegation.invitations.models import Invitation, InvitationToken
from delegation.invitations.subjects import InvitationSet
from identity import machine_secrets
from identity.memberships import queries as memberships_queries
from identity.organizations.models import Organization, Site

VALIDITY = dt.timedelta(days=7)


@dataclasses.dataclass(frozen=True, slots=True)
class _Recipient:
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
    access: AccessSpec,
    name: str = "",
    language: str = "en",
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[InvitationSent]:
    """Offer this access to an address.

    The link is shown and mailed by the door and stands nowhere else: a repetition under the same idempotency key
    returns none.
    Raises AlreadyMember, AlreadyInvited, InvalidAccess, InvalidInput, ExceedsAuthority, ExceedsCeiling and RateLimited
    besides what every act raises.
    """
    letter = _Recipient(
        address=input_cleaning.address(email),
        name=input_cleaning.line(name, field="name", longest=input_cleaning.NAME),
        language=input_cleaning.language(language),
        reason=input_cleaning.reason(reason),
    )
    link = machine_secrets.generate(prefix=links.PREFIX)
    with acting(
        actor, Verb.MEMBER_INVITE, on=OrganizationSet(organization), idempotency_key=idempotency_key
    ) as act:
        _may_be_sent(act, letter, access)
        made = _insert(act, letter, access)
        InvitationToken.objects.create(
            hash=machine_secrets.hash_secret(link), invitation=made, created_at=act.at
        )
        _record_event(act, made, access)
        return act.set_result(InvitationSent(made.id, link))


def _may_be_sent(act: Act, letter: _Recipient, access: AccessSpec) -> None:
    _check_not_member(act, letter.address)
    _check_not_invited(act, letter.address)
    access_rules.check_assignment_authority(
        actor=act.actor, verb=act.verb, organization=act.organization, access=access, at=act.at
    )
    mail_limits.check_mail_limit(
        actor=act.actor, organization=act.organization, email=letter.address, at=act.at
    )


def _record_event(act: Act, made: Invitation, access: AccessSpec) -> None:
    """What is personal is about somebody who has no key yet: it is sealed under the invitation's own."""
    where = act.organization
    act.record_change(where, before={}, after={"invitation": str(made.id), "access": access.to_json()})
    act.record_personal(where, "email", made.email, made.id)
    act.record_personal(where, "name", made.name, made.id)
    writer = [act.actor.id] if act.actor.is_person else []
    act.record_personal(where, "reason", made.reason, *writer, made.id)
    act.record(invitation=str(made.id))


def _check_not_member(act: Act, address: str) -> None:
    proven = Q(user__emailaddress__email=address, user__emailaddress__verified=True)
    present = memberships_queries.active_or_suspended(at=act.at).filter(organization=act.organization)
    here = present.filter(Q(user__email=address) | proven).first()
    if here is not None:
        raise AlreadyMember(membership=str(here.id))


def _check_not_invited(act: Act, address: str) -> None:
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
        Verb.INVITATION_CANCEL, Subject("invitation", waiting.id), cause=Verb.MEMBER_INVITE, facts=expired
    )


def _insert(act: Act, letter: _Recipient, access: AccessSpec) -> Invitation:
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
        expires_at=act.at + VALIDITY,
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
    link = machine_secrets.generate(prefix=links.PREFIX)
    with acting(
        actor, Verb.INVITATION_RESEND, on=InvitationSet([invitation]), idempotency_key=idempotency_key
    ) as act:
        (fresh,) = act.on
        _still_open(act)
        access_rules.check_assignment_authority(
            actor=actor,
            verb=act.verb,
            organization=act.organization,
            access=links.offered_access(fresh),
            at=act.at,
        )
        mail_limits.check_mail_limit(
            actor=actor, organization=act.organization, email=fresh.email, at=act.at, again=fresh
        )
        sender = {"invited_by": actor.id, "invited_by_kind": actor.kind.value}
        Invitation.objects.filter(id=fresh.id).update(expires_at=act.at + VALIDITY, **sender)
        InvitationToken.objects.create(
            hash=machine_secrets.hash_secret(link), invitation=fresh, created_at=act.at
        )
        act.record_change(
            fresh.id,
            before={"expires": fresh.expires_at.isoformat(), "invited_by": str(fresh.invited_by)},
            after={"expires": (act.at + VALIDITY).isoformat(), "invited_by": str(actor.id)},
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
