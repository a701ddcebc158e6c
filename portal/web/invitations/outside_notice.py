"""The mail to the other admins about an invitation to an address outside the organization's mail domains."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from delegation.invitations import mail_domains
from portal.shell import shell
from portal.shell.page_context import PageContext
from portal.signin.customers.invitations import InvitationOffer
from portal.web.invitations import context
from portal.wording import mail_events, time_zones
from provisioning.mail import queue


def queue_notices(*, offer: InvitationOffer, page: PageContext) -> str:
    """Queue the mails and return the sentence for the sender; empty where no admin is notified."""
    admins = mail_domains.admins_to_notify(invitation=offer.invitation, at=page.at)
    rendered = {language: _render(offer, language, page) for language in {admin.language for admin in admins}}
    for admin in admins:
        queue.queue(
            to=admin.email,
            purpose=mail_events.INVITATION_NOTICE,
            language=admin.language,
            about=offer.invitation.id,
            organization=offer.invitation.organization_id,
            **rendered[admin.language],
        )
    return _("The other admins get a mail: the address is outside your organization.") if admins else ""


def _render(offer: InvitationOffer, language: str, page: PageContext) -> Mapping[str, Any]:
    zone, inviter = time_zones.first_known(offer.invitation.organization.time_zone), offer.inviter()
    with translation.override(language):
        values = {
            "brand": shell.mail_brand(page.organization),
            "inviter": inviter["name"],
            "inviter_email": inviter["email"],
            "organization_name": offer.organization_name,
            "email": offer.email,
            "gains": context.offered_access(offer, at=page.at, zone=zone).gains,
            "url": settings.ISSUER + reverse("people", kwargs={"organization": page.organization.key}),
        }
        return {
            "subject": _("Invitation to an address outside your organization"),
            "text": render_to_string("mail/invitations/outside_message.txt", values),
            "html": render_to_string("mail/invitations/outside_message.html", values),
        }
