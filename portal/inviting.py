"""What follows an invitation at the door: the mail with its link."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from delegation import links
from delegation.act import Outcome
from delegation.models import Invitation
from identity.models import User
from portal import context, gains, zones
from portal.inside import Here
from provisioning import mail


def sent(*, outcome: Outcome, here: Here) -> dict[str, str]:
    """Queue the mail and say so: {text}. A request answered again has no link that works, and mails nothing.

    The link goes to the address and nowhere else: having read the mail is the proof that the address is one's own.
    Whoever invites could otherwise take anybody's.
    """
    link = str(outcome.data.get("link", ""))
    invitation = None if outcome.again else links.invitation(link)
    if invitation is None:
        return {"text": _("The invitation was sent already.")}
    _mail(invitation, here, link)
    return {"text": _("An invitation is on its way to %(email)s.") % {"email": invitation.email}}


def _url(link: str) -> str:
    return settings.ISSUER + reverse("join", kwargs={"link": link})


def _mail(invitation: Invitation, here: Here, link: str) -> None:
    zone = zones.first(invitation.organization.time_zone)
    with translation.override(invitation.language):
        values = {
            "brand": context.mail_brand(),
            "inviter": _inviter(invitation),
            "organization_name": invitation.organization.name,
            "email": invitation.email,
            "name": invitation.name,
            "gains": gains.of(invitation, at=here.at),
            "ends": gains.ends(invitation, zone=zone),
            "url": _url(link),
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


def _inviter(invitation: Invitation) -> dict[str, str]:
    user = User.objects.filter(pk=invitation.invited_by).first()
    return {"name": user.name, "email": user.email} if user else {"name": settings.SUPPLIER_NAME, "email": ""}
