"""Each mail of an invitation has its link."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from identity.organizations import queries as organizations_queries
from portal.shell import shell
from portal.signin.customers import invitations
from portal.signin.customers.invitations import InvitationOffer
from portal.web.invitations import context
from portal.wording import time_zones
from provisioning.mail import queue
from provisioning.mail.queue import Draft


def sentence_for(offers: Sequence[InvitationOffer]) -> str:
    """Return the sentence for the page after `queue_for_links`: a replayed request has no links and queues nothing."""
    if not offers:
        return _("The invitation has already been sent.")
    if len(offers) == 1:
        return _("The invitation to %(email)s is being sent.") % {"email": offers[0].email}
    return ngettext(
        "%(number)d invitation is being sent.", "%(number)d invitations are being sent.", len(offers)
    ) % {"number": len(offers)}


def queue_for_links(links: Sequence[str], *, at: dt.datetime) -> list[InvitationOffer]:
    """Queue the mails for links of one sender's offer. A link that opens no invitation is left out.

    A link goes to its address and nowhere else: reading the mail proves that the address is the person's own.
    Otherwise an inviter could take over any address. The number of statements is constant.
    """
    offers = invitations.find_offers(links)
    if offers:
        queue.queue_all(_drafts(offers, at))
    return offers


def queue_each(links: Sequence[str], *, at: dt.datetime) -> list[InvitationOffer]:
    """Queue the mails for links whose languages may differ."""
    return [offer for link in links for offer in queue_for_links([link], at=at)]


def _url(link: str) -> str:
    return settings.ISSUER + reverse("invitation_accept", kwargs={"token": link})


def _drafts(offers: Sequence[InvitationOffer], at: dt.datetime) -> list[Draft]:
    """Write the mails; what all of them say is worded once."""
    first = offers[0].invitation
    zone = time_zones.first_known(first.organization.time_zone)
    with translation.override(first.language):
        offered = context.offered_access(offers[0], at=at, zone=zone)
        common = {
            "brand": shell.mail_brand(organizations_queries.view_of(first.organization)),
            "inviter": offers[0].inviter(),
            "organization_name": offers[0].organization_name,
            "gains": offered.gains,
            "ends": offered.ends,
            "until": time_zones.date_time_with_zone(first.expires_at, zone),
        }
        return [_draft(offer, common) for offer in offers]


def _draft(offer: InvitationOffer, common: Mapping[str, Any]) -> Draft:
    invitation = offer.invitation
    parts = _render({**common, "email": offer.email, "url": _url(offer.link)})
    return Draft(
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
