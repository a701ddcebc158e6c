"""The list of a customer's open invitations has this page model for staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.foundation.actor import ActorKind
from delegation.activity import people_in_events
from delegation.invitations import open_invitations
from delegation.invitations.open_invitations import OpenInvitation
from delegation.invitations.queries import PendingInvitation
from portal.shell import components, query_string
from portal.shell import forms as shell_forms
from portal.shell.components import Pager, counted
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import access, dates
from provisioning.mail import queue
from provisioning.mail.queue import MailState

_PURPOSE = "invitation"


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """Describes an open invitation; `tone` is that of a tag, and empty for one that waits for an answer."""

    email: str
    name: str
    offered: str
    sender: str
    state: str
    tone: str
    mail: str
    """`Mail sent today 09:12`."""
    ends: str


@dataclass(frozen=True, kw_only=True)
class InvitationsPage(PageModel):
    """Lists the open invitations of a customer, the newest first."""

    template: ClassVar[str] = "desk/invitations/list.html"

    customer: str
    back_url: str
    summary: str
    """`2 pending invitations`, or how many match."""
    search_url: str
    q: str
    rows: Sequence[InvitationLine]
    pager: Pager


def invitations_page(page: PageContext, query: QueryDict) -> InvitationsPage:
    """Return the list that the address names. The number of statements does not grow with the list."""
    text, url = query_string.text(query, "q"), page.url("staff_invitations")
    found = open_invitations.page(
        organization=page.organization_id,
        text=text,
        after=shell_forms.identifier(query.get("after", "")),
        before=shell_forms.identifier(query.get("before", "")),
        at=page.at,
    )
    names = people_in_events.shown_names(
        users=[one.sender for one in found.rows if one.sender], organization=page.organization_id
    )
    mails = queue.latest(purpose=_PURPOSE, about=[one.invitation.id for one in found.rows])
    lines = [
        _line(one, names.get(one.sender, "") if one.sender else "", mails.get(one.invitation.id), page)
        for one in found.rows
    ]
    return InvitationsPage(
        customer=page.organization.name,
        back_url=page.url("staff_organization"),
        summary=_summary(found.number, text),
        search_url=url,
        q=text,
        rows=lines,
        pager=components.pager(url, {"q": text}, previous=found.previous, following=found.next),
    )


def _summary(number: int, text: str) -> str:
    if text:
        words = ngettext("%(number)s match", "%(number)s matches", number)
    else:
        words = ngettext("%(number)s pending invitation", "%(number)s pending invitations", number)
    return words % {"number": counted(number)}


def _line(one: OpenInvitation, name: str, mail: MailState | None, page: PageContext) -> InvitationLine:
    clock, row = dates.Clock(page.at, page.zone), one.invitation
    is_expired = row.expires_at <= page.at
    state, tone = _state(row, mail, is_expired=is_expired)
    end = _("Expired %(when)s") if is_expired else _("Expires %(when)s")
    return InvitationLine(
        email=row.email,
        name=row.name,
        offered=access.offered(row, clock),
        sender=_sender(one.sender_kind, name),
        state=state,
        tone=tone,
        mail=_mail(mail, clock),
        ends=end % {"when": clock.when(row.expires_at)},
    )


def _sender(kind: ActorKind, name: str) -> str:
    if kind is ActorKind.PERSON:
        return name or _("Unknown person")
    senders: Mapping[ActorKind, str] = {
        ActorKind.SERVICE: _("A program of the customer"),
        ActorKind.CONNECTION: _("A connected directory"),
    }
    return senders.get(kind, settings.SUPPLIER_NAME)


def _state(row: PendingInvitation, mail: MailState | None, *, is_expired: bool) -> tuple[str, str]:
    if mail and mail.failed_at:
        return _("Mail not delivered"), "failed"
    if is_expired:
        return _("Expired"), "differs"
    if not row.acceptable:
        return _("No longer valid"), "differs"
    return _("Waits for an answer"), ""


def _mail(mail: MailState | None, clock: dates.Clock) -> str:
    """Return what is known of the latest mail; an old one is no longer kept."""
    if mail is None:
        return _("No mail recorded")
    if mail.failed_at:
        return _("Mail returned or given up %(when)s") % {"when": clock.when(mail.failed_at)}
    if mail.sent_at:
        return _("Mail sent %(when)s") % {"when": clock.when(mail.sent_at)}
    return _("Mail waits since %(when)s") % {"when": clock.when(mail.queued_at)}
