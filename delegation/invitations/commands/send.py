"""Members send, resend and cancel invitations."""

import dataclasses
import uuid
from collections.abc import Sequence

from audit.foundation import ids
from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from delegation.access import rules as access_rules
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.acts.subjects import OrganizationSet
from delegation.authorization import input_cleaning, policy
from delegation.authorization.errors import AlreadyInvited, AlreadyMember, InvitationGone
from delegation.authorization.models.roles import Role
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.invitations import links, mail_limits
from delegation.invitations import scope as invitations_scope
from delegation.invitations.models import Invitation, InvitationToken
from delegation.invitations.subjects import InvitationSet
from identity import machine_secrets
from identity.memberships import queries as memberships_queries
from identity.organizations.models import Organization, Site


@dataclasses.dataclass(frozen=True, slots=True)
class _Recipient:
    """Holds the invited person's details after cleaning."""

    address: str
    name: str
    language: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class InvitationSent:
    """Holds the secret of the invitation's link: the caller mails it, and only its hash is stored."""

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

    The channel mails the link, and only its hash is stored: a repeated request gets no link. A member or invitation
    that the actor may not see is not in the way: no answer names it, and acceptance adds to what the member has.

    Raises AlreadyMember, AlreadyInvited, InvalidAccess, InvalidInput, ExceedsAuthority, ExceedsCeiling and RateLimited
    besides the errors of every act.
    """
    recipient = _Recipient(
        address=input_cleaning.address(email),
        name=input_cleaning.name(name, required=False),
        language=input_cleaning.language(language),
        reason=input_cleaning.reason(reason),
    )
    link = machine_secrets.generate(prefix=links.PREFIX)
    with acting(
        actor, Verb.MEMBER_INVITE, on=OrganizationSet(organization), idempotency_key=idempotency_key
    ) as act:
        _check_sendable(act, recipient, access)
        invitation = _insert(act, recipient, access)
        _add_link(act, invitation, link)
        _record_event(act, invitation, access, recipient.reason)
        return act.set_result(InvitationSent(invitation.id, link))


def _check_sendable(act: Act, recipient: _Recipient, access: AccessSpec) -> None:
    _check_not_member(act, recipient.address)
    _check_not_invited(act, recipient.address)
    access_rules.check_assignment_authority(
        actor=act.actor, verb=act.verb, organization=act.organization, access=access, at=act.at
    )
    mail_limits.check_mail_limit(
        actor=act.actor, organization=act.organization, email=recipient.address, at=act.at
    )


def _record_event(act: Act, invitation: Invitation, access: AccessSpec, reason: str) -> None:
    """Record the event. The invited person has no key yet: personal values are encrypted under the invitation's."""
    subject = act.organization
    act.record_change(
        subject,
        before={},
        after={
            "invitation": str(invitation.id),
            "access": access.to_json(),
            "expires_at": invitation.expires_at.isoformat(),
        },
    )
    act.record_personal(subject, "email", invitation.email, invitation.id)
    act.record_personal(subject, "name", invitation.name, invitation.id)
    writer = [act.actor.id] if act.actor.is_person else []
    act.record_personal(subject, "reason", reason, *writer, invitation.id)
    act.record(invitation=str(invitation.id))


def _check_not_member(act: Act, address: str) -> None:
    """Raise AlreadyMember for a present member that the actor sees; the supplier's timers and commands see all."""
    member = memberships_queries.present_of_address(
        organization=act.organization, address=address, at=act.at
    ).first()
    if member is not None and (
        not act.actor.is_person
        or policy.decide(
            actor=act.actor, verb=Verb.MEMBER_VIEW, on=policy.MembershipIds([member.id]), at=act.at
        )
    ):
        raise AlreadyMember(membership=str(member.id))


def _check_not_invited(act: Act, address: str) -> None:
    """Raise AlreadyInvited for an open invitation that the actor sent or sees; expired ones are cancelled."""
    rows = Invitation.objects.filter(
        organization=act.organization, email=address, accepted_at=None, cancelled_at=None
    )
    for pending in rows:
        if not _is_known(act, pending):
            continue
        if pending.expires_at > act.at:
            raise AlreadyInvited(invitation=str(pending.id))
        Invitation.objects.filter(id=pending.id).update(cancelled_at=act.at)
        expired = {"expired_at": pending.expires_at.isoformat()}
        act.also(
            Verb.INVITATION_CANCEL, Subject("invitation", pending.id), cause=Verb.MEMBER_INVITE, facts=expired
        )


def _is_known(act: Act, invitation: Invitation) -> bool:
    """Return whether the actor sent or sees the invitation. The system, which has no authorities, sees only its own.

    Otherwise a member's invitation keeps the supplier from inviting the customer's admin at the same address.
    """
    if invitation.invited_by == act.actor.id:
        return True
    scope = invitations_scope.visible(
        actor=act.actor, verb=Verb.MEMBER_INVITE, at=act.at, organization=act.organization
    )
    return scope.filter(id=invitation.id).exists()


def _insert(act: Act, recipient: _Recipient, access: AccessSpec) -> Invitation:
    invitation = Invitation.objects.create(
        id=ids.uuid7(),
        organization_id=act.organization,
        email=recipient.address,
        name=recipient.name,
        language=recipient.language,
        role=Role.objects.get(key=access.role),
        all_sites=access.all_sites,
        limits=[{"entitlement": key, **limit.to_json()} for key, limit in sorted(access.limits.items())],
        access_until=access.until,
        invited_by=act.actor.id,
        invited_by_kind=act.actor.kind.value,
        created_at=act.at,
        expires_at=act.at + links.VALIDITY,
    )
    invitation.sites.add(*Site.objects.filter(id__in=access.sites))
    return invitation


def _add_link(act: Act, invitation: Invitation, link: str) -> None:
    stored = machine_secrets.hash_secret(link)
    InvitationToken.objects.create(hash=stored, invitation=invitation, created_at=act.at)
    act.record(link=stored)


@command
def resend(
    *, actor: Actor, invitation: Invitation, idempotency_key: str | None = None
) -> Outcome[InvitationSent]:
    """Send a new link for the same invitation, valid for `links.VALIDITY`.

    The resender becomes the invitation's sender. Raises InvitationGone, and the errors of `invite`.
    """
    link = machine_secrets.generate(prefix=links.PREFIX)
    with acting(
        actor, Verb.INVITATION_RESEND, on=InvitationSet([invitation]), idempotency_key=idempotency_key
    ) as act:
        (reloaded,) = act.on
        _require_open(act)
        _require_one_of_sender(act, reloaded)
        access_rules.check_assignment_authority(
            actor=actor,
            verb=act.verb,
            organization=act.organization,
            access=links.offered_access(reloaded),
            at=act.at,
        )
        mail_limits.check_mail_limit(
            actor=actor, organization=act.organization, email=reloaded.email, at=act.at, resend_of=reloaded
        )
        sender = {"invited_by": actor.id, "invited_by_kind": actor.kind.value}
        Invitation.objects.filter(id=reloaded.id).update(expires_at=act.at + links.VALIDITY, **sender)
        _add_link(act, reloaded, link)
        act.record_change(
            reloaded.id,
            before={"expires_at": reloaded.expires_at.isoformat(), "invited_by": str(reloaded.invited_by)},
            after={"expires_at": (act.at + links.VALIDITY).isoformat(), "invited_by": str(actor.id)},
        )
        return act.set_result(InvitationSent(reloaded.id, link))


@command
def cancel(
    *, actor: Actor, invitations: Sequence[Invitation], idempotency_key: str | None = None
) -> Outcome[None]:
    """Cancel invitations: their links stop working. Raises InvitationGone for one that is no longer open."""
    with acting(
        actor, Verb.INVITATION_CANCEL, on=InvitationSet(invitations), idempotency_key=idempotency_key
    ) as act:
        _require_open(act)
        Invitation.objects.filter(id__in=act.ids).update(cancelled_at=act.at)
    return act.outcome


def _require_one_of_sender(act: Act, invitation: Invitation) -> None:
    """Raise AlreadyInvited where the resender, who becomes the sender, has an open invitation to this address."""
    if invitation.invited_by == act.actor.id:
        return
    own = Invitation.objects.filter(
        organization=act.organization,
        email=invitation.email,
        invited_by=act.actor.id,
        accepted_at=None,
        cancelled_at=None,
    ).first()
    if own is not None:
        raise AlreadyInvited(invitation=str(own.id))


def _require_open(act: Act) -> None:
    for invitation in act.on:
        if invitation.accepted_at is not None:
            raise InvitationGone(state="used")
        if invitation.cancelled_at is not None:
            raise InvitationGone(state="cancelled")
