"""A command that sends new invitations checks and writes the whole set of recipients at once."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence

from audit.foundation import ids
from audit.foundation.actor import Actor, system
from audit.foundation.errors import DomainError
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.access import rules as access_rules
from delegation.acts.act import Act, EventDetails
from delegation.authorization import duty_conflicts
from delegation.authorization.errors import AlreadyMember, RecipientsRefused
from delegation.authorization.models.roles import Role
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.invitations import links, mail_limits, recipients
from delegation.invitations.models import Invitation, InvitationToken
from delegation.invitations.recipients import Recipient
from delegation.invitations.subjects import NewInvitations
from identity import machine_secrets


@dataclasses.dataclass(frozen=True, slots=True)
class InvitationTerms:
    """Holds what all invitations of an act have in common."""

    access: AccessSpec
    language: str
    reason: str


def send(
    act: Act, subjects: NewInvitations, people: Sequence[Recipient], terms: InvitationTerms
) -> list[tuple[Invitation, str]]:
    """Write an invitation with its link for each of these people, or for none. The number of statements is constant.

    The invitations become the `subjects` of the act.
    Raises AlreadyMember, AlreadyInvited, RecipientsRefused, RateLimited, and what assigning the access raises.
    """
    _check(act, people, terms.access, by=act.actor, verb=act.verb)
    sent = _add(act, people, terms)
    subjects.add(row.id for row, _link in sent)
    for row, link in sent:
        details = _details(act, row, terms, link)
        act.record_change(row.id, before={}, after=details.after, facts=details.facts)
        for name, value in details.personal.items():
            act.record_personal(row.id, name, value.text, *value.data_subjects)
    return sent


def send_first(act: Act, person: Recipient, terms: InvitationTerms, *, also_members: bool = False) -> str:
    """Invite an admin of an organization that has none, as a consequence of the supplier's act.

    Only the ceiling limits the access: staff have no authority to assign, and the system decides for them. Returns
    the link. Raises AlreadyInvited, RateLimited, and what assigning the access raises.
    """
    by = system(channel=act.actor.channel)
    return _send_one(act, person, terms, by=by, also_members=also_members)[1]


def send_besides(act: Act, person: Recipient, terms: InvitationTerms) -> tuple[Invitation, str]:
    """Invite a person as a consequence of another act of the sender, within the sender's authority.

    Raises what `send` raises.
    """
    return _send_one(act, person, terms, by=act.actor)


def _send_one(
    act: Act, person: Recipient, terms: InvitationTerms, *, by: Actor, also_members: bool = False
) -> tuple[Invitation, str]:
    _check(act, [person], terms.access, by=by, verb=Verb.MEMBER_INVITE, also_members=also_members)
    ((row, link),) = _add(act, [person], terms)
    details = _details(act, row, terms, link)
    act.also(
        Verb.MEMBER_INVITE,
        Subject("invitation", row.id),
        cause=act.verb,
        after=details.after,
        facts=details.facts,
        personal=details.personal,
        chain=act.organization,
    )
    return row, link


def _add(act: Act, people: Sequence[Recipient], terms: InvitationTerms) -> list[tuple[Invitation, str]]:
    """Insert the invitations, each with the hash of a new link."""
    sent = [(row, machine_secrets.generate(prefix=links.PREFIX)) for row in _insert(act, people, terms)]
    InvitationToken.objects.bulk_create(
        InvitationToken(hash=machine_secrets.hash_secret(link), invitation=row, created_at=act.at)
        for row, link in sent
    )
    return sent


def _check(
    act: Act,
    people: Sequence[Recipient],
    access: AccessSpec,
    *,
    by: Actor,
    verb: Verb,
    also_members: bool = False,
) -> None:
    """Refuse for what `by` may see and assign; the limits on mails are those of the act's actor."""
    organization, at = act.organization, act.at
    emails = [person.email for person in people]
    pending = recipients.open_invitations(actor=by, organization=organization, emails=emails, at=at)
    known = recipients.known_beside(
        actor=by, organization=organization, emails=emails, pending=pending, at=at
    )
    if also_members:
        known = {email: one for email, one in known.items() if not isinstance(one, AlreadyMember)}
    _raise_first(known, len(people))
    access_rules.check_assignment_authority(
        actor=by, verb=verb, organization=organization, access=access, at=at
    )
    limited = mail_limits.refusals(actor=act.actor, organization=organization, emails=emails, at=at)
    for refusal in limited.values():
        raise refusal
    _cancel(act, pending)


def _raise_first(refused: Mapping[str, DomainError], number: int) -> None:
    """Raise the refusal of a single recipient, and one that names each refused recipient of several."""
    if not refused:
        return
    if number == 1:
        raise next(iter(refused.values()))
    raise RecipientsRefused(
        recipients={email: {"code": refusal.code, **refusal.data} for email, refusal in refused.items()}
    )


def _cancel(act: Act, expired: Sequence[Invitation]) -> None:
    """Cancel the expired invitations that new ones replace."""
    if not expired:
        return
    Invitation.objects.filter(id__in=[row.id for row in expired]).update(cancelled_at=act.at)
    for row in expired:
        act.also(
            Verb.INVITATION_CANCEL,
            Subject("invitation", row.id),
            cause=Verb.MEMBER_INVITE,
            facts={"expired_at": row.expires_at.isoformat()},
            chain=act.organization,
        )


def _insert(act: Act, people: Sequence[Recipient], terms: InvitationTerms) -> list[Invitation]:
    access, role = terms.access, _role(act, terms.access)
    limits = [{"entitlement": key, **limit.to_json()} for key, limit in sorted(access.limits.items())]
    rows = [
        Invitation(
            id=ids.uuid7(),
            organization_id=act.organization,
            email=person.email,
            name=person.name,
            language=terms.language,
            role=role,
            all_sites=access.all_sites,
            limits=limits,
            access_until=access.until,
            invited_by=act.actor.id,
            invited_by_kind=act.actor.kind.value,
            created_at=act.at,
            expires_at=act.at + links.VALIDITY,
        )
        for person in people
    ]
    Invitation.objects.bulk_create(rows)
    _add_sites(rows, access.sites)
    return rows


def _role(act: Act, access: AccessSpec) -> Role:
    """Read the role. Raises ConflictingAccess where the access by itself holds two entitlements that conflict.

    A conflict with what a present member holds shows when the invitation is accepted.
    """
    role = Role.objects.annotate(is_in_conflict=duty_conflicts.of_role(act.at)).get(key=access.role)
    if role.is_in_conflict:
        duty_conflicts.require_none_within(organization=act.organization, access=access, at=act.at)
    return role


def _add_sites(rows: Sequence[Invitation], sites: frozenset[uuid.UUID]) -> None:
    through = Invitation.sites.through
    through._default_manager.bulk_create(
        [through(invitation_id=row.id, site_id=site) for row in rows for site in sorted(sites)]
    )


def _details(act: Act, invitation: Invitation, terms: InvitationTerms, link: str) -> EventDetails:
    """Describe the event. The invited person has no key yet: personal values are encrypted under the invitation's."""
    subject = invitation.id
    writer = [act.actor.id] if act.actor.is_person else []
    personal = {
        "email": PersonalValue(invitation.email, (subject,)),
        "name": PersonalValue(invitation.name, (subject,)),
        "reason": PersonalValue(terms.reason, (*writer, subject)),
    }
    return EventDetails(
        after={
            "invitation": str(subject),
            "access": terms.access.to_json(),
            "expires_at": invitation.expires_at.isoformat(),
            "language": terms.language,
        },
        facts={"invitation": str(subject), "link": machine_secrets.hash_secret(link)},
        personal={name: value for name, value in personal.items() if value.text},
    )
