"""What follows an invitation at the door: the mail with its link."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from portal import context, joining, zones
from portal.inside import Here
from portal.joining import Offer
from portal.web.reading import offered
from provisioning import mail


def sent(*, link: str, again: bool, here: Here) -> dict[str, str]:
    """Queue the mail and say so: {text}. A request answered again has no link that works, and mails nothing.

    The link goes to the address and nowhere else: having read the mail is the proof that the address is one's own.
    Whoever invites could otherwise take anybody's.
    """
    offer = None if again else joining.found(link)
    if offer is None:
        return {"text": _("The invitation was sent already.")}
    _mail(offer, here)
    return {"text": _("An invitation is on its way to %(email)s.") % {"email": offer.email}}


def _url(link: str) -> str:
    return settings.ISSUER + reverse("join", kwargs={"link": link})


def _mail(offer: Offer, here: Here) -> None:
    invitation = offer.invitation
    zone = zones.first(invitation.organization.time_zone)
    with translation.override(invitation.language):
        values = {
            "brand": context.mail_brand(),
            "inviter": offer.inviter(),
            "organization_name": offer.organization_name,
            "email": offer.email,
            "name": invitation.name,
            **offered.of(offer, at=here.at, zone=zone),
            "url": _url(offer.link),
            "until": zones.named(invitation.expires_at, zone),
        }
        mail.queue(
            to=invitation.email,
            **_rendered(values),
            purpose="invitation",
            language=invitation.language,
            about=invitation.id,
            organization=invitation.organization_id,
        )


def _rendered(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        "subject": " ".join(render_to_string("mail/invitation_subject.txt", values).split()),
        "text": render_to_string("mail/invitation_message.txt", values),
        "html": render_to_string("mail/invitation_message.html", values),
    }
