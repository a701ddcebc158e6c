"""Members send, resend and cancel invitations."""

import dataclasses
import uuid
from collections.abc import Sequence

from audit.foundation.actor import Actor
from delegation.access import rules as access_rules
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyInvited
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.departures import due
from delegation.invitations import links, mail_limits, recipients, scope, sending
from delegation.invitations.models import Invitation, InvitationToken
from delegation.invitations.recipients import Recipient
from delegation.invitations.subjects import InvitationSet, NewInvitations
from identity import machine_secrets
from identity.organizations.models import Organization


@dataclasses.dataclass(frozen=True, slots=True)
class InvitationSent:
    """Holds the secret of the invitation's link: the caller mails it, and only its hash is stored."""

    invitation: uuid.UUID
    link: str = dataclasses.field(default="", metadata=NOT_STORED)


@dataclasses.dataclass(frozen=True, slots=True)
class InvitationsSent:
    """Holds the secrets of several links, in the order of the recipients; only their hashes are stored."""

    number: int
    links: tuple[str, ...] = dataclasses.field(default=(), metadata=NOT_STORED)


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
    person, terms = Recipient(email, name).cleaned(), _terms(access, language, reason)
    subjects = NewInvitations(organization)
    due.carry_out(
        organization=organization.id
    )  # what ends with a leaver includes open invitations to the leaver
    with acting(actor, Verb.MEMBER_INVITE, on=subjects, idempotency_key=idempotency_key) as act:
        ((invitation, link),) = sending.send(act, subjects, [person], terms)
        return act.set_result(InvitationSent(invitation.id, link))


@command
def invite_people(
    *,
    actor: Actor,
    organization: Organization,
    people: Sequence[Recipient],
    access: AccessSpec,
    language: str = "en",
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[InvitationsSent]:
    """Offer this access to each of these people, or to none of them. Up to `recipients.MAX_RECIPIENTS`.

    An address that is named twice is invited once. Links are as in `invite`. Raises RecipientsRefused for several
    people where some are members or invited, besides the errors of `invite`.
    """
    unique, terms = recipients.cleaned(people), _terms(access, language, reason)
    subjects = NewInvitations(organization)
    due.carry_out(organization=organization.id)
    with acting(actor, Verb.MEMBER_INVITE, on=subjects, idempotency_key=idempotency_key) as act:
        sent = sending.send(act, subjects, unique, terms)
        return act.set_result(InvitationsSent(len(sent), tuple(link for _invitation, link in sent)))


def _terms(access: AccessSpec, language: str, reason: str) -> sending.InvitationTerms:
    return sending.InvitationTerms(access, input_cleaning.language(language), input_cleaning.reason(reason))


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
        links.require_open(reloaded)
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
        for row in act.on:
            links.require_open(row)
        Invitation.objects.filter(id__in=act.ids).update(cancelled_at=act.at)
    return act.outcome


def _require_one_of_sender(act: Act, invitation: Invitation) -> None:
    """Raise AlreadyInvited where the resender, who becomes the sender, has an open invitation to this address."""
    if invitation.invited_by == act.actor.id:
        return
    rows = Invitation.objects.filter(scope.sent_by(act.actor), organization=act.organization)
    rows = rows.filter(email=invitation.email, accepted_at=None, cancelled_at=None)
    own = rows.exclude(id=invitation.id).first()
    if own is not None:
        raise AlreadyInvited(invitation=str(own.id))
