"""The other admins get a mail about invitations to addresses outside the organization's mail domains."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import ngettext

from delegation.invitations import mail_domains
from delegation.invitations.mail_domains import NotifiedAdmin
from portal.shell import shell
from portal.shell.page_context import PageContext
from portal.signin.customers import rate_limits
from portal.signin.customers.invitations import InvitationOffer
from portal.web.invitations import context
from portal.wording import cldr, mail_events, time_zones
from provisioning.mail import queue
from provisioning.mail.queue import Draft

_LATER = dt.timedelta(hours=4)
_COLLECTED = "invitation_notices"


def queue_notices(*, offers: Sequence[InvitationOffer], page: PageContext) -> str:
    """Queue one mail for each admin, about all these invitations, and return the sentence for the sender.

    The sentence is empty where no admin is notified. After `rate_limits.INVITATION_NOTICE` mails in a day, an admin
    gets one mail in four hours about all further invitations.
    """
    domains = mail_domains.load(organization=page.organization.row, at=page.at)
    emails = set(domains.outside(offer.email for offer in offers))
    outside = [offer for offer in offers if offer.email in emails]
    admins = domains.notified(sender=page.viewer.id) if outside else []
    rendered: dict[tuple[str, bool], Mapping[str, Any]] = {}
    drafts = []
    for admin in admins:
        is_collected = bool(
            rate_limits.take((rate_limits.INVITATION_NOTICE, f"{admin.user} {page.organization_id}")).wait
        )
        if is_collected and queue.waits(
            purpose=_COLLECTED, about=admin.user, organization=page.organization_id, after=page.at
        ):
            continue
        form = admin.language, is_collected
        if form not in rendered:
            rendered[form] = _render(outside, admin.language, page, is_collected=is_collected)
        drafts.append(_draft(outside[0], admin, page.at + _LATER if is_collected else None, rendered[form]))
    queue.queue_all(drafts)
    return _sentence(len(offers)) if admins else ""


def _sentence(number: int) -> str:
    return ngettext(
        "The other admins get a mail: the address is outside your organization.",
        "The other admins get a mail: some of the addresses are outside your organization.",
        number,
    )


def _draft(
    first: InvitationOffer, admin: NotifiedAdmin, due_at: dt.datetime | None, rendered: Mapping[str, Any]
) -> Draft:
    """Build the mail about these invitations, or, at a later instant, the one about all until then."""
    return Draft(
        to=admin.email,
        purpose=_COLLECTED if due_at else mail_events.INVITATION_NOTICE,
        language=admin.language,
        about=admin.user if due_at else first.invitation.id,
        organization=first.invitation.organization_id,
        due_at=due_at,
        **rendered,
    )


def _render(
    offers: Sequence[InvitationOffer], language: str, page: PageContext, *, is_collected: bool
) -> Mapping[str, Any]:
    first = offers[0]
    zone, inviter = time_zones.first_known(first.invitation.organization.time_zone), first.inviter()
    # A collected mail speaks of several, of which the first alone is known now.
    number = max(len(offers), 2) if is_collected else len(offers)
    with translation.override(language):
        values = {
            "is_collected": is_collected,
            "brand": shell.mail_brand(page.organization),
            "inviter": inviter["name"],
            "inviter_email": inviter["email"],
            "organization_name": first.organization_name,
            "email": cldr.joined([offer.email for offer in offers]),
            "number": number,
            "gains": context.offered_access(first, at=page.at, zone=zone).gains,
            "url": settings.ISSUER + reverse("people", kwargs={"organization": page.organization.key}),
        }
        return {
            "subject": _subject(number),
            "text": render_to_string("mail/invitations/outside_message.txt", values),
            "html": render_to_string("mail/invitations/outside_message.html", values),
        }


def _subject(number: int) -> str:
    return ngettext(
        "Invitation to an address outside your organization",
        "Invitations to addresses outside your organization",
        number,
    )
