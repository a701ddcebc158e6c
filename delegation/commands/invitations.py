"""Inviting a colleague, and becoming one."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from audit import ids
from audit.actor import Actor, Kind
from audit.ledger import Subject
from delegation import granting, links, rules
from delegation.act import Act, Outcome, acting, command
from delegation.errors import AlreadyInvited, AlreadyMember, InvitationGone, WrongPerson
from delegation.models import Invitation, InvitationToken, Role
from delegation.verbs import Verb
from delegation.wanted import Access, Limit
from identity import lifecycle, memberships, names, secret
from identity.models import Membership, Organization, User

LASTS = dt.timedelta(days=7)


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
    once: str | None = None,
) -> Outcome:
    """Offer this access to an address. The outcome's data holds `invitation` and `link`, the secret of the link.

    The link is shown and mailed by the door and stands nowhere else. With `once`, a repetition answers without it.
    Raises AlreadyMember, AlreadyInvited, BadAccess, BeyondAuthority, BeyondCeiling besides what every act raises.
    """
    address = email.strip().lower()
    link = secret.fresh(prefix=links.PREFIX)
    asked = {**access.facts(), "address": secret.hashed(address)}
    with acting(actor, Verb.MEMBER_INVITE, on=organization, once=once, asked=asked) as act:
        _nobody_there(act, address)
        rules.within_authority(
            actor=actor, verb=act.verb, organization=act.organization, access=access, at=act.at
        )
        made = _write(act, address, access, names.cleaned(name), language, reason)
        InvitationToken.objects.create(hash=secret.hashed(link), invitation=made, created_at=act.at)
        act.changed(organization.id, before={}, after={"invitation": str(made.id), "access": access.facts()})
        act.privately(organization.id, "email", address, made.id)
        act.say(invitation=str(made.id))
        act.answer(invitation=str(made.id))
    return _with_link(act.outcome, link)


def _with_link(outcome: Outcome, link: str) -> Outcome:
    return Outcome(
        outcome.act, outcome.at, outcome.organization, outcome.subjects, {**outcome.data, "link": link}
    )


def _nobody_there(act: Act, address: str) -> None:
    here = (
        memberships.present(at=act.at)
        .filter(organization=act.organization, user__email__iexact=address)
        .first()
    )
    if here is not None:
        raise AlreadyMember(membership=str(here.id))
    waiting = Invitation.objects.filter(
        organization=act.organization, email__iexact=address, accepted_at=None, cancelled_at=None
    )
    waiting.filter(expires_at__lte=act.at).update(cancelled_at=act.at)
    open_one = waiting.filter(expires_at__gt=act.at).first()
    if open_one is not None:
        raise AlreadyInvited(invitation=str(open_one.id))


def _write(act: Act, address: str, access: Access, name: str, language: str, reason: str) -> Invitation:
    made = Invitation.objects.create(
        id=ids.uuid7(),
        organization_id=act.organization,
        email=address,
        name=name,
        language=language,
        role=Role.objects.get(key=access.role),
        all_sites=access.all_sites,
        limits=[{"entitlement": key, **_plain(limit)} for key, limit in sorted(access.limits.items())],
        access_until=access.until,
        reason=reason,
        invited_by=act.actor.id,
        invited_by_kind=act.actor.kind.value,
        created_at=act.at,
        expires_at=act.at + LASTS,
    )
    made.sites.set(access.sites)
    return made


def _plain(limit: Limit) -> dict[str, str | None]:
    amount = None if limit.amount is None else f"{limit.amount:.2f}"
    return {"amount": amount, "currency": limit.currency, "period": limit.period}


def wanted(invitation: Invitation) -> Access:
    """The access an invitation offers."""
    return Access(
        role=invitation.role.key,
        all_sites=invitation.all_sites,
        sites=frozenset(invitation.sites.values_list("id", flat=True)),
        limits={
            line["entitlement"]: Limit(
                None if line["amount"] is None else Decimal(line["amount"]), line["currency"], line["period"]
            )
            for line in invitation.limits
        },
        until=invitation.access_until,
    )


@command
def resend(*, actor: Actor, invitation: Invitation, once: str | None = None) -> Outcome:
    """A further link for the same invitation, and seven more days. The outcome's data holds `link`."""
    link = secret.fresh(prefix=links.PREFIX)
    with acting(actor, Verb.INVITATION_RESEND, on=[invitation], once=once) as act:
        (fresh,) = act.on
        rules.within_authority(
            actor=actor, verb=act.verb, organization=act.organization, access=wanted(fresh), at=act.at
        )
        Invitation.objects.filter(id=fresh.id).update(expires_at=act.at + LASTS)
        InvitationToken.objects.create(hash=secret.hashed(link), invitation=fresh, created_at=act.at)
        act.say(expires=(act.at + LASTS).isoformat())
    return _with_link(act.outcome, link)


@command
def cancel(*, actor: Actor, invitations: list[Invitation], once: str | None = None) -> Outcome:
    """Withdraw invitations: every link to them is dead."""
    with acting(actor, Verb.INVITATION_CANCEL, on=invitations, once=once) as act:
        Invitation.objects.filter(id__in=act.ids).update(cancelled_at=act.at)
    return act.outcome


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody without a sign-in yet. `password` is already hashed: that is slow, and is done before the act."""

    name: str
    password: str
    language: str


@command
def accept(
    *, actor: Actor, invitation: Invitation, link: str, as_whom: User | Newcomer, once: str | None = None
) -> Outcome:
    """Become a colleague. `as_whom` is the signed-in person, or a newcomer; the address is the invitation's own.

    The outcome's data holds `membership` and `user`. Raises InvitationGone and WrongPerson; what is offered must still
    be within what its sender may give.
    """
    with acting(actor, Verb.INVITATION_ACCEPT, on=[invitation], once=once) as act:
        (fresh,) = act.on
        _still_good(act, fresh, link)
        user = _person(act, fresh, as_whom)
        (membership,) = lifecycle.join(organization=fresh.organization, users=[user], at=act.at)
        access = wanted(fresh)
        granting.give(
            memberships=[membership.id],
            access=access,
            actor=Actor(kind=Kind(fresh.invited_by_kind), id=fresh.invited_by, door=actor.door),
            act=act.id,
            at=act.at,
            reason=fresh.reason,
        )
        Invitation.objects.filter(id=fresh.id).update(accepted_at=act.at, membership=membership)
        _tell(act, fresh, membership, access)
    return act.outcome


def _tell(act: Act, invitation: Invitation, membership: Membership, access: Access) -> None:
    after = {"state": "active", "access": [access.facts()], "membership": str(membership.id)}
    act.changed(invitation.id, before={}, after=after)
    act.also(
        Verb.INVITATION_ACCEPT,
        Subject("membership", membership.id),
        because=Verb.INVITATION_ACCEPT,
        before={"state": "none"},
        after=after,
        facts={"invited_by": str(invitation.invited_by), "invitation": str(invitation.id)},
    )
    act.answer(membership=str(membership.id), user=str(membership.user_id))


def _still_good(act: Act, invitation: Invitation, link: str) -> None:
    if not InvitationToken.objects.filter(invitation=invitation, hash=secret.hashed(link)).exists():
        raise InvitationGone(state="unknown")
    if invitation.accepted_at is not None:
        raise InvitationGone(state="used")
    if invitation.cancelled_at is not None:
        raise InvitationGone(state="cancelled")
    if invitation.expires_at <= act.at:
        raise InvitationGone(state="expired")
    sender = Actor(kind=Kind(invitation.invited_by_kind), id=invitation.invited_by, door=act.actor.door)
    try:
        rules.within_authority(
            actor=sender,
            verb=Verb.MEMBER_INVITE,
            organization=act.organization,
            access=wanted(invitation),
            at=act.at,
        )
    except rules.REFUSALS as refusal:
        raise InvitationGone(state="withdrawn") from refusal


def _person(act: Act, invitation: Invitation, as_whom: User | Newcomer) -> User:
    if isinstance(as_whom, User):
        if as_whom.email.lower() != invitation.email.lower():
            raise WrongPerson
        known = as_whom
    else:
        if User.objects.filter(email__iexact=invitation.email).exists():
            raise WrongPerson  # there is a sign-in with this address: it has to be used
        newcomer = lifecycle.NewPerson(
            email=invitation.email,
            name=names.cleaned(as_whom.name),
            password=as_whom.password,
            language=as_whom.language,
        )
        (known,) = lifecycle.create_people(people=[newcomer], at=act.at)
    here = memberships.present(at=act.at).filter(organization=act.organization, user=known).first()
    if here is not None:
        raise AlreadyMember(membership=str(here.id))
    return known
