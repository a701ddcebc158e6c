"""Whether an invitation goes to an address outside the organization's own mail domains, and who is notified of it."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from delegation.authorization import authorities
from delegation.invitations.models import Invitation

_MAX_NOTIFIED = 20


@dataclass(frozen=True, slots=True)
class Recipient:
    """Names an admin with address and language."""

    user: uuid.UUID
    email: str
    language: str


def admins_to_notify(*, invitation: Invitation, at: dt.datetime) -> Sequence[Recipient]:
    """Read up to 20 working admins other than the sender; none for an invitation inside the organization's domains.

    Without domains of its own, those of its working admins' addresses count. Two statements at most.
    """
    rows = authorities.working_admins(organization=invitation.organization_id, at=at)
    admins = [row.user for row in rows.select_related("user").order_by("sort_key", "id")]
    domains = set(invitation.organization.mail_domains) or {_domain(admin.email) for admin in admins}
    if _domain(invitation.email) in domains:
        return []
    others = [admin for admin in admins if admin.id != invitation.invited_by]
    return [Recipient(admin.id, admin.email, admin.language) for admin in others[:_MAX_NOTIFIED]]


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()
