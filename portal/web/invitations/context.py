"""An invitation's link has these page models; pages and mail show the offered access in the same words."""

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
from portal.wording import access as wording_access
from portal.wording import access_changes, admin_rights, dates


@dataclass(frozen=True, slots=True)
class OfferedAccess:
    """Describes the offered access: a sentence for each thing the person will be able to do, and one for its end."""

    gains: Sequence[str]
    ends: str


@dataclass(frozen=True, kw_only=True)
class AcceptPage(PageModel):
    """Shows an invitation that can be accepted."""

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
    """Shows an invitation that cannot be accepted. For readers other than the invited person, only `kind` is set."""

    template: ClassVar[str] = "web/invitations/state.html"

    kind: str
    """`gone` reveals nothing else; `expired`, `used`, `withdrawn` and `cancelled` are for the invited person alone.

    `other`: another person is signed in; `unknown`: no such invitation exists.
    """
    inviter: Contact | None = None
    email: str = ""
    signed_in_as: str = ""
    sign_out_url: str = ""
    """POST, for `other`: signs out and returns to the invitation."""


def offered_access(offer: InvitationOffer, *, at: dt.datetime, zone: ZoneInfo) -> OfferedAccess:
    """Return the access of an offer, in the active language."""
    invitation, organization = offer.invitation, offer.invitation.organization_id
    access = dataclasses.replace(
        links.offered_access(invitation), until=None
    )  # the end is a sentence of its own
    names = display_names.load(organization=organization)
    verbs, assignable_roles = invitations_queries.offered_rights(invitation=invitation, at=at)
    admin = admin_rights.AdminRights(admin_rights.rights(verbs, access), assignable_roles)
    changes = access_changes.between(
        before=[],
        after=[
            *admin.rights,
            *entitlements.hypothetical_rights(organization=organization, access=access, at=at),
        ],
        sites=list(names.sites.values()),
        texts={**admin_rights.texts(), **names.entitlements},
        clock=dates.Clock(at, zone),
    )
    assignable = admin_rights.compare_assignable(before=admin_rights.NO_RIGHTS, after=admin, names=names)
    return OfferedAccess(
        gains=[*changes.gains, *assignable.gains],
        ends=wording_access.ends_on(invitation.access_until, zone=zone),
    )
