"""The page models of an invitation's link, and what it offers in words, also for the mail."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.forms import BaseForm

from delegation.authorization import entitlements
from delegation.catalogue import display_names
from delegation.invitations import links
from delegation.invitations import queries as invitations_queries
from portal.shell.components import Contact
from portal.shell.page_model import PageModel
from portal.signin.customers.invitations import InvitationOffer
from portal.wording import access_changes, admin_abilities, admin_rights, dates


@dataclass(frozen=True, slots=True)
class OfferedAccess:
    """What the invited person will be able to do, one sentence each, and until when."""

    gains: Sequence[str]
    ends: str


@dataclass(frozen=True, kw_only=True)
class AcceptPage(PageModel):
    """An invitation that can be accepted."""

    template: ClassVar[str] = "web/invitations/accept.html"

    inviter: Contact
    organization_name: str
    email: str
    gains: Sequence[str]
    ends: str
    """When the access ends; may be empty."""
    expiry: str
    """When the link ends."""
    kind: str
    """`new`: no user yet, sets a name and a password; `known`: has a user, signs in first; `ready`: is signed in."""
    form: BaseForm | None = None
    accept_url: str
    """POST."""
    sign_in_url: str
    """For `known`."""


@dataclass(frozen=True, kw_only=True)
class InvitationStatePage(PageModel):
    """An invitation that cannot be accepted. Nothing but `kind` is set for readers other than the invited person."""

    template: ClassVar[str] = "web/invitations/state.html"

    kind: str
    """`gone` says no more than that; `expired`, `used` and `cancelled` the invited person alone may know.

    `other`: somebody else is signed in; `unknown`: there is no such invitation.
    """
    inviter: Contact | None = None
    email: str = ""
    signed_in_as: str = ""
    sign_out_url: str = ""
    """POST, for `other`: comes back to the invitation."""


def offered_access(offer: InvitationOffer, *, at: dt.datetime, zone: ZoneInfo) -> OfferedAccess:
    """The access of an offer, in the active language."""
    invitation, company = offer.invitation, offer.invitation.organization_id
    access = dataclasses.replace(
        links.offered_access(invitation), until=None
    )  # the end is a sentence of its own
    book = display_names.display_names(organization=company)
    verbs, gives = invitations_queries.offered_rights(invitation=invitation, at=at)
    own = admin_rights.AdminRights(admin_rights.rights(verbs, access), gives)
    found = access_changes.between(
        before=[],
        after=[*own.rights, *entitlements.hypothetical_rights(organization=company, access=access, at=at)],
        sites=list(book.sites.values()),
        texts={**admin_rights.texts(), **book.entitlements},
        clock=dates.Clock(at, zone),
    )
    given = admin_rights.compare_gives(before=admin_rights.NOTHING, after=own, book=book)
    return OfferedAccess(
        gains=[*found.gains, *given.gains], ends=admin_abilities.ends(invitation.access_until, zone=zone)
    )
