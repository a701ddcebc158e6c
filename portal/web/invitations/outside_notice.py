"""The mail to the other admins about an invitation to an address outside the organization's mail domains."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from delegation.invitations import mail_domains
from delegation.invitations.mail_domains import Recipient
from portal.shell import shell
from portal.shell.page_context import PageContext
from portal.signin.customers import limits
from portal.signin.customers.invitations import InvitationOffer
from portal.web.invitations import context
from portal.wording import mail_events, time_zones
from provisioning.mail import queue

_LATER = dt.timedelta(hours=4)
_COLLECTED = "invitation_notices"


def queue_notices(*, offer: InvitationOffer, page: PageContext) -> str:
    """Queue the mails and return the sentence for the sender; empty where no admin is notified.

    After `limits.INVITATION_NOTICE` mails in a day, an admin gets one mail in four hours about all further ones.
    """
    admins = mail_domains.admins_to_notify(invitation=offer.invitation, at=page.at)
    rendered: dict[tuple[str, bool], Mapping[str, Any]] = {}
    for admin in admins:
        subject = f"{admin.user} {offer.invitation.organization_id}"
        is_collected = bool(limits.take((limits.INVITATION_NOTICE, subject)).wait)
        if is_collected and queue.waits(purpose=_COLLECTED, about=admin.user, after=page.at):
            continue
        form = admin.language, is_collected
        if form not in rendered:
            rendered[form] = _render(offer, admin.language, page, is_collected=is_collected)
        _queue(offer, admin, page.at + _LATER if is_collected else None, rendered[form])
    return _("The other admins get a mail: the address is outside your organization.") if admins else ""


def _queue(
    offer: InvitationOffer, admin: Recipient, due_at: dt.datetime | None, rendered: Mapping[str, Any]
) -> None:
    """Queue the mail about this invitation, or, at a later instant, the one about all until then."""
    queue.queue(
        to=admin.email,
        purpose=_COLLECTED if due_at else mail_events.INVITATION_NOTICE,
        language=admin.language,
        about=admin.user if due_at else offer.invitation.id,
        organization=offer.invitation.organization_id,
        due_at=due_at,
        **rendered,
    )


def _render(
    offer: InvitationOffer, language: str, page: PageContext, *, is_collected: bool
) -> Mapping[str, Any]:
    zone, inviter = time_zones.first_known(offer.invitation.organization.time_zone), offer.inviter()
    with translation.override(language):
        values = {
            "is_collected": is_collected,
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
