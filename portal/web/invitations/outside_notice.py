"""The mail to the other admins about an invitation to an address outside the organization's mail domains."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from delegation.invitations import mail_domains
from delegation.invitations.mail_domains import Recipient
from portal.shell import shell
from portal.shell.page_context import PageContext
from portal.signin.customers import invitations
from portal.signin.customers.invitations import InvitationOffer
from portal.web.invitations import context
from portal.wording import time_zones
from provisioning.mail import queue


def queue_notices(*, link: str, page: PageContext) -> str:
    """Queue the mails and return the sentence for the sender; empty where no admin is notified."""
    offer = invitations.find_offer(link) if link else None
    if offer is None:
        return ""
    admins = mail_domains.admins_to_notify(invitation=offer.invitation, at=page.at)
    for admin in admins:
        _queue(offer, admin, page)
    return _("The other admins get a mail: the address is outside your organization.") if admins else ""


def _queue(offer: InvitationOffer, admin: Recipient, page: PageContext) -> None:
    invitation = offer.invitation
    zone, inviter = time_zones.first_known(invitation.organization.time_zone), offer.inviter()
    with translation.override(admin.language):
        offered = context.offered_access(offer, at=page.at, zone=zone)
        values = {
            "brand": shell.mail_brand(page.organization),
            "inviter": inviter["name"],
            "inviter_email": inviter["email"],
            "organization_name": offer.organization_name,
            "email": offer.email,
            "gains": offered.gains,
            "url": settings.ISSUER + reverse("people", kwargs={"organization": page.organization.key}),
        }
        queue.queue(
            to=admin.email,
            subject=_("Invitation to an address outside your organization"),
            text=render_to_string("mail/invitations/outside_message.txt", values),
            html=render_to_string("mail/invitations/outside_message.html", values),
            purpose="invitation_notice",
            language=admin.language,
            about=invitation.id,
            organization=invitation.organization_id,
        )
