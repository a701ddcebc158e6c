"""The preview and the command ask here which recipients of invitations the actor cannot invite."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper

from audit.foundation.actor import Actor
from audit.foundation.errors import DomainError
from delegation.authorization import input_cleaning, policy
from delegation.authorization.errors import AlreadyInvited, AlreadyMember, InvalidInput
from delegation.authorization.verbs import Verb
from delegation.invitations import mail_limits
from delegation.invitations import scope as invitations_scope
from delegation.invitations.models import Invitation
from identity.memberships import queries as memberships_queries

MAX_RECIPIENTS = 100
"""People in one act of inviting: each gets a mail, which is written before the answer."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Names an invited person by address; the name may be empty."""

    email: str
    name: str = ""

    def cleaned(self) -> "Recipient":
        """Return the one spelling of both. Raises InvalidInput."""
        return Recipient(input_cleaning.address(self.email), input_cleaning.name(self.name, required=False))


def cleaned(recipients: Sequence[Recipient]) -> list[Recipient]:
    """Return each person once, in order; the first name of an address counts. Raises InvalidInput."""
    if len(recipients) > MAX_RECIPIENTS:
        raise InvalidInput(field="email", problem="too_many", longest=MAX_RECIPIENTS)
    by_address: dict[str, Recipient] = {}
    for recipient in (row.cleaned() for row in recipients):
        present = by_address.get(recipient.email)
        by_address[recipient.email] = present if present and present.name else recipient
    if not by_address:
        raise InvalidInput(field="email", problem="missing")
    return list(by_address.values())


def refusals(
    *, actor: Actor, organization: uuid.UUID, emails: Collection[str], at: dt.datetime
) -> Mapping[str, DomainError]:
    """Return why these addresses cannot be invited now, limits on mails too. Three statements without any."""
    found = known(actor=actor, organization=organization, emails=emails, at=at)
    free = [email for email in emails if email not in found]
    return {**mail_limits.refusals(actor=actor, organization=organization, emails=free, at=at), **found}


def known(
    *, actor: Actor, organization: uuid.UUID, emails: Collection[str], at: dt.datetime
) -> Mapping[str, DomainError]:
    """Return which addresses are those of members, or have an open invitation, as far as the actor may know."""
    pending = open_invitations(actor=actor, organization=organization, emails=emails, at=at)
    return known_beside(actor=actor, organization=organization, emails=emails, pending=pending, at=at)


def known_beside(
    *,
    actor: Actor,
    organization: uuid.UUID,
    emails: Collection[str],
    pending: Sequence[Invitation],
    at: dt.datetime,
) -> Mapping[str, DomainError]:
    """Do as `known` does, with the open invitations as `open_invitations` has read them."""
    members = _members(actor, organization, emails, at)
    invited = {row.email: row.id for row in pending if row.expires_at > at}
    return {
        **{email: AlreadyInvited(invitation=str(invitation)) for email, invitation in invited.items()},
        **{email: AlreadyMember(membership=str(member)) for email, member in members.items()},
    }


def open_invitations(
    *, actor: Actor, organization: uuid.UUID, emails: Collection[str], at: dt.datetime
) -> list[Invitation]:
    """Read the open invitations to these addresses, expired ones too, that the actor sent or sees.

    The system, which has no authorities, sees only the supplier's: otherwise a member's invitation would keep the
    supplier from inviting the customer's admin at the same address.
    """
    own = ExpressionWrapper(invitations_scope.sent_by(actor), output_field=BooleanField())
    rows: list[Any] = [
        *Invitation.objects.filter(
            organization=organization, email__in=list(emails), accepted_at=None, cancelled_at=None
        ).annotate(is_own=own)
    ]
    others = [row.id for row in rows if not row.is_own]
    if not others:
        return rows
    scope = invitations_scope.visible(actor=actor, verb=Verb.MEMBER_INVITE, at=at, organization=organization)
    seen = set(scope.filter(id__in=others).values_list("id", flat=True))
    return [row for row in rows if row.is_own or row.id in seen]


def _members(
    actor: Actor, organization: uuid.UUID, emails: Collection[str], at: dt.datetime
) -> Mapping[str, uuid.UUID]:
    """Return the present members with these addresses that the actor sees; timers and commands see all."""
    found = memberships_queries.present_of_addresses(organization=organization, addresses=emails, at=at)
    if not found or not actor.is_person:
        return found
    may = policy.abilities(actor=actor, memberships=list(found.values()), at=at, verbs=[Verb.MEMBER_VIEW])
    return {email: member for email, member in found.items() if may[member][Verb.MEMBER_VIEW]}
