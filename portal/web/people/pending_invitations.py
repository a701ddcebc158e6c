"""Pending invitations in the list of colleagues, and the page that asks before one is cancelled."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from delegation.invitations.queries import PendingInvitation
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import access, dates, supplier_texts


@dataclass(frozen=True, slots=True)
class Tag:
    """Holds a word beside a row, for `kh.tag`."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """Describes a pending invitation for web/invitations/_pending.html."""

    id: str
    email: str
    name: str
    sub: str
    tag: Tag | None = None
    may_resend: bool = False
    may_renew: bool = False
    """The same command, for an invitation that has expired."""
    cancel_url: str = ""


@dataclass(frozen=True, kw_only=True)
class CancelInvitationPage(PageModel):
    """Asks for confirmation before an invitation is cancelled."""

    template: ClassVar[str] = "web/invitations/cancel_confirm.html"

    email: str
    name: str
    offered: str
    """`Orderer, up to 2 000 €, Tampere, until 31 Dec`."""
    state: str
    cancel_url: str
    back_url: str


def row(invitation: PendingInvitation, page: PageContext, clock: dates.Clock) -> InvitationRow:
    """Return an invitation with what the reader may do to it."""
    expired = invitation.expires_at <= page.at
    sub = _sub(invitation, clock, expired=expired)
    return InvitationRow(
        id=str(invitation.id),
        email=invitation.email,
        name=invitation.name,
        sub=sub,
        tag=_tag(invitation, expired=expired),
        may_resend=invitation.may_resend and not expired,
        may_renew=invitation.may_resend and expired,
        cancel_url=page.url("invitation_cancel", invitation=invitation.id) if invitation.may_cancel else "",
    )


def _sub(invitation: PendingInvitation, clock: dates.Clock, *, expired: bool) -> str:
    values = {"what": _offered(invitation, clock), "when": clock.when(invitation.expires_at)}
    if expired:
        return _("%(what)s. Expired %(when)s.") % values
    if not invitation.acceptable:
        return (
            _(
                "%(what)s. The sender can no longer assign this access. Resend it, or cancel it and invite again."
            )
            % values
        )
    return _("%(what)s. Expires %(when)s.") % values


def _tag(invitation: PendingInvitation, *, expired: bool) -> Tag | None:
    if expired:
        return Tag(_("Expired"))
    return None if invitation.acceptable else Tag(_("No longer valid"))


def cancel_page(page: PageContext, invitation: PendingInvitation, clock: dates.Clock) -> CancelInvitationPage:
    """Return the page, with the invitation in words."""
    expired = invitation.expires_at <= page.at
    values = {"when": clock.when(invitation.expires_at)}
    return CancelInvitationPage(
        email=invitation.email,
        name=invitation.name,
        offered=_offered(invitation, clock),
        state=_("Expired %(when)s.") % values if expired else _("Expires %(when)s.") % values,
        cancel_url=page.url("invitation_cancel", invitation=invitation.id),
        back_url=page.url("people"),
    )


def _offered(invitation: PendingInvitation, clock: dates.Clock) -> str:
    """Return `Orderer, up to 2 000 €, Tampere, until 31 Dec`."""
    names = [site.name for site in invitation.sites]
    parts = (
        supplier_texts.in_language(invitation.role_name),
        access.lowest_limit(invitation.limits),
        access.site_names(all_sites=invitation.all_sites, names=names, in_sentence=True),
        access.until(invitation.access_until, clock),
    )
    return ", ".join(part for part in parts if part)
