"""The working admins of a customer get a mail when the supplier suspends it, and when it is resumed."""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from audit.foundation import clock
from delegation import continuity
from delegation.suspensions.queries import SuspensionView
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.http import languages
from portal.wording import brands, suspension_notices, time_zones
from provisioning import suspension_ends
from provisioning.mail import queue
from provisioning.mail.queue import Draft

_PURPOSE = "suspension"
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
    admins = continuity.named_admins(organization=organization.id, at=clock.now())
    return len(
        queue.queue_all(
            [_draft(organization, about, one.user.email or "", one.user.language, text) for one in admins]
        )
    )


def _draft(organization: OrganizationView, about: uuid.UUID, to: str, language: str, text: Text) -> Draft:
    language = languages.first_supported((language,)) or settings.LANGUAGE_CODE
    with override(language):
        brand = brands.brand()
        values = {"supplier": brand["name"], "phone": brand["phone"], "organization": organization.name}
        ask = _("If you have questions, call %(supplier)s: %(phone)s.") % values
        return Draft(
            to=to,
            subject=_("%(supplier)s: sign-in for %(organization)s") % values,
            text=f"{text()}\n\n{ask}\n",
            purpose=_PURPOSE,
            language=language,
            about=about,
            organization=organization.id,
        )


suspension_ends.register(queue_resumed)
