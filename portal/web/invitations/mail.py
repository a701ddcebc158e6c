"""The mail of an invitation, with its link."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from identity.organizations import queries as organizations_queries
from portal.shell import shell
from portal.signin.customers import invitations
from portal.signin.customers.invitations import InvitationOffer
from portal.web.invitations import context
from portal.wording import time_zones
from provisioning.mail import queue


def sentence_for(offer: InvitationOffer | None) -> str:
    """Return the sentence for the page after `queue_for_link`: a replayed request has no link and queues nothing."""
    if offer is None:
        return _("The invitation has already been sent.")
    return _("The invitation to %(email)s is being sent.") % {"email": offer.email}


def queue_for_link(link: str, *, at: dt.datetime) -> InvitationOffer | None:
    """Queue the mail for a link. None for a link that opens no invitation, such as the empty one.

    The link goes to the address and nowhere else: reading the mail proves that the address is the person's own.
    Otherwise an inviter could take over any address.
    """
    offer = invitations.find_offer(link)
    if offer is not None:
        _queue(offer, at)
    return offer


def _url(link: str) -> str:
    return settings.ISSUER + reverse("invitation_accept", kwargs={"token": link})


def _queue(offer: InvitationOffer, at: dt.datetime) -> None:
    invitation = offer.invitation
    zone = time_zones.first_known(invitation.organization.time_zone)
    with translation.override(invitation.language):
        offered = context.offered_access(offer, at=at, zone=zone)
        values = {
            "brand": shell.mail_brand(organizations_queries.view_of(invitation.organization)),
            "inviter": offer.inviter(),
            "organization_name": offer.organization_name,
            "email": offer.email,
            "gains": offered.gains,
            "ends": offered.ends,
            "url": _url(offer.link),
            "until": time_zones.date_time_with_zone(invitation.expires_at, zone),
        }
        parts = _render(values)
        queue.queue(
            to=invitation.email,
            subject=parts["subject"],
            text=parts["text"],
            html=parts["html"],
            purpose="invitation",
            language=invitation.language,
            about=invitation.id,
            organization=invitation.organization_id,
        )


def _render(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        "subject": " ".join(render_to_string("mail/invitations/subject.txt", values).split()),
        "text": render_to_string("mail/invitations/message.txt", values),
        "html": render_to_string("mail/invitations/message.html", values),
    }
