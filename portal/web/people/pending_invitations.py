"""The list of colleagues shows pending invitations; a page asks before one is cancelled."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.invitations import queries as invitations_queries
from delegation.invitations.queries import PendingFilter, PendingInvitation, PendingKey
from portal.shell import components
from portal.shell.components import Link
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.people.filters import Filters
from portal.wording import access, cldr, dates
from provisioning.mail import queue

_UNFOLDED = 2
"""More invitations fold to one line."""
_FIRST = 4
"""Rows of the open line before it offers the others."""
_PAGE = 50
ALL = "all"
"""The value of `pending` that opens the section."""


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


@dataclass(frozen=True, slots=True)
class PendingSection:
    """Describes the pending invitations above the list for web/invitations/_pending.html."""

    heading: str
    """`7 pending invitations`"""
    marks: Sequence[Tag]
    """`1 bounced`, `1 expired`"""
    rows: Sequence[InvitationRow]
    is_open: bool
    more: Link | None


_NONE = PendingSection("", (), (), is_open=False, more=None)


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


def section(page: PageContext, filters: Filters, clock: dates.Clock) -> PendingSection:
    """Return the open invitations that match the search, and no row without any.

    Those with returned mail come first, then the first to expire. Invited people have neither signed in nor accounts:
    where the list asks for that, or for removed people, no invitation matches.
    """
    if any(filters.chosen[name] for name in ("seen", "systems", "who")):
        return _NONE
    scope = invitations_queries.pending_scope(
        actor=page.viewer, organization=page.organization_id, at=page.at
    )
    keys = invitations_queries.pending_keys(among=scope, filters=_criteria(filters))
    if not keys:
        return _NONE
    bounced = queue.undelivered(purpose="invitation", about=[key.id for key in keys])
    ids = [key.id for key in sorted(keys, key=lambda key: key.id not in bounced)]
    shown, more = _slice(page, filters, ids)
    invitations = invitations_queries.pending(among=scope, ids=shown, at=page.at)
    return PendingSection(
        heading=number_text(len(keys)),
        marks=_marks(keys, bounced, page),
        rows=[row(one, page, clock, bounced=one.id in bounced) for one in invitations],
        is_open=bool(filters.pending) or len(keys) <= _UNFOLDED,
        more=more,
    )


def number_matching(page: PageContext, text: str) -> int:
    """Count the pending invitations that these words find. Three statements at most."""
    scope = invitations_queries.pending_scope(
        actor=page.viewer, organization=page.organization_id, at=page.at
    )
    return len(invitations_queries.pending_keys(among=scope, filters=PendingFilter(text)))


def number_text(number: int) -> str:
    """Return `7 pending invitations`."""
    text = ngettext("%(number)s pending invitation", "%(number)s pending invitations", number)
    return text % {"number": components.counted(number)}


def _criteria(filters: Filters) -> PendingFilter:
    sites = [uuid.UUID(site) for site in filters.chosen["site"]]
    return PendingFilter(filters.q, filters.chosen["tier"], sites)


def _slice(
    page: PageContext, filters: Filters, ids: Sequence[uuid.UUID]
) -> tuple[Sequence[uuid.UUID], Link | None]:
    """Return the ids that are shown, and the link to those after them."""
    position = {str(one): number for number, one in enumerate(ids, start=1)}
    start = position.get(filters.pending, 0)
    size = _PAGE if filters.pending else _FIRST
    shown = ids[start : start + size]
    rest = len(ids) - start - len(shown)
    if not rest:
        return shown, None
    text = ngettext("%(number)s more pending invitation", "%(number)s more pending invitations", rest)
    after = str(shown[-1]) if filters.pending else ALL
    url = filters.url(page.url("people"), pending=after)
    return shown, Link(text % {"number": components.counted(rest)}, f"{url}#invited")


def _marks(keys: Sequence[PendingKey], bounced: set[uuid.UUID], page: PageContext) -> list[Tag]:
    expired = sum(key.expires_at <= page.at and key.id not in bounced for key in keys)
    marks = []
    if bounced:
        text = ngettext("%(number)s bounced", "%(number)s bounced", len(bounced))
        marks.append(Tag(text % {"number": cldr.number(len(bounced))}, "failed"))
    if expired:
        text = ngettext("%(number)s expired", "%(number)s expired", expired)
        marks.append(Tag(text % {"number": cldr.number(expired)}))
    return marks


def row(
    invitation: PendingInvitation, page: PageContext, clock: dates.Clock, *, bounced: bool = False
) -> InvitationRow:
    """Return an invitation with what the reader may do to it."""
    expired = invitation.expires_at <= page.at
    sub = _sub(invitation, clock, expired=expired)
    return InvitationRow(
        id=str(invitation.id),
        email=invitation.email,
        name=invitation.name,
        sub=sub,
        tag=_tag(invitation, expired=expired, bounced=bounced),
        may_resend=invitation.may_resend and not expired,
        may_renew=invitation.may_resend and expired,
        cancel_url=page.url("invitation_cancel", invitation=invitation.id) if invitation.may_cancel else "",
    )


def _sub(invitation: PendingInvitation, clock: dates.Clock, *, expired: bool) -> str:
    values = {"what": access.offered(invitation, clock), "when": clock.when(invitation.expires_at)}
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


def _tag(invitation: PendingInvitation, *, expired: bool, bounced: bool) -> Tag | None:
    if bounced:
        return Tag(_("Mail bounced"), "failed")
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
        offered=access.offered(invitation, clock),
        state=_("Expired %(when)s.") % values if expired else _("Expires %(when)s.") % values,
        cancel_url=page.url("invitation_cancel", invitation=invitation.id),
        back_url=page.list_url,
    )
