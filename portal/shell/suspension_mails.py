"""The working admins of a customer get a mail when the supplier suspends it, and when it is resumed."""

import uuid
from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.foundation import clock
from delegation import continuity
from delegation.suspensions.queries import SuspensionView
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.shell import short_mail
from portal.shell.short_mail import ShortMail
from portal.wording import brands, suspension_notices, time_zones
from provisioning import suspension_ends
from provisioning.mail import queue

_PURPOSE = "suspension"
_SUBJECT = gettext_lazy("%(supplier)s: sign-in for %(organization)s")
_CLOSING = gettext_lazy("If you have questions, call %(supplier)s: %(phone)s.")
Text = Callable[[], str]


def queue_suspended(suspension: SuspensionView) -> int:
    """Queue a mail to each working admin: since when, why, until when, and what stays. Returns how many."""
    organization = organizations_queries.view_of(suspension.organization)
    return _queue(organization, suspension.id, lambda: _suspended(organization, suspension))


def queue_resumed(organization: uuid.UUID, suspension: uuid.UUID) -> int:
    """Queue a mail to each working admin: people can sign in again, and what is not restored. Returns how many."""
    row = organizations_queries.get(organization=organization)
    return _queue(row, suspension, lambda: _resumed(row))


def _suspended(organization: OrganizationView, suspension: SuspensionView) -> str:
    zone = time_zones.first_known(organization.time_zone)
    parts = [
        _(
            "%(supplier)s suspended %(organization)s on %(moment)s. Its people and programs cannot sign in for it."
        )
        % {
            "supplier": brands.brand()["name"],
            "organization": organization.name,
            "moment": time_zones.date_time_with_zone(suspension.since, zone),
        }
    ]
    if suspension_notices.is_for_customers(suspension.reason):
        parts.append(_("Reason: %(reason)s.") % {"reason": suspension_notices.REASONS[suspension.reason]()})
    if suspension.resume_at:
        moment = time_zones.date_time_with_zone(suspension.resume_at, zone)
        parts.append(_("It is resumed on %(moment)s.") % {"moment": moment})
    parts.append(_("No access was removed. Open invitations were cancelled."))
    return "\n\n".join(parts)


def _resumed(organization: OrganizationView) -> str:
    text = _(
        "%(supplier)s has resumed %(organization)s. Its people can sign in again and have the access they had. "
        "Invitations that were open before must be sent again."
    )
    return text % {"supplier": brands.brand()["name"], "organization": organization.name}


def _queue(organization: OrganizationView, about: uuid.UUID, text: Text) -> int:
    mail = ShortMail(
        purpose=_PURPOSE,
        subject=_SUBJECT,
        closing=_CLOSING,
        about=about,
        organization=organization.id,
        organization_name=organization.name,
    )
    admins = continuity.named_admins(organization=organization.id, at=clock.now())
    users = [one.user for one in admins]
    drafts = [
        short_mail.draft(mail, to=user.email or "", language=user.language, text=text) for user in users
    ]
    return len(queue.queue_all(drafts))


suspension_ends.register(queue_resumed)
