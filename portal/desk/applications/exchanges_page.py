"""Operators read the last requests to a connected system and its answers, masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delegation.applications import queries
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from portal.desk import desk_page
from portal.desk.applications import context, wording
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell.page_model import PageModel
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr
from provisioning.accounts import target_status
from provisioning.targets import exchanges
from provisioning.targets.exchanges import ExchangeView


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """Describes a request, its answer and how long it took; bodies are masked JSON, or empty."""

    request: str
    when: str
    answer: str
    is_failed: bool
    sent: str
    received: str


@dataclass(frozen=True, kw_only=True)
class ExchangesPage(PageModel):
    """Lists the last requests to a system, the newest first."""

    template: ClassVar[str] = "desk/applications/exchanges.html"

    name: str
    back_url: str
    most: str
    rows: Sequence[ExchangeRow]


@require_safe
@desk_page.desk_page(Verb.TARGET_UPDATE)
def listing(request: Request, reader: StaffReader, application: str) -> HttpResponse:
    """List the last requests. Raises NotFound without a connected system that the reader's right reaches."""
    view = queries.find(actor=reader.actor, key=application, at=reader.at)
    status = view and target_status.of_applications(applications=[view.id], at=reader.at).get(view.id)
    if view is None or status is None:
        raise NotFound
    rows = exchanges.newest(target=status.id, at=reader.at)
    page = ExchangesPage(
        name=context.name_of(view),
        back_url=reverse("staff_application", args=[view.key]),
        most=cldr.number(exchanges.KEPT),
        rows=[_row(row) for row in rows],
    )
    return page_model.render(request, page)


def _row(row: ExchangeView) -> ExchangeRow:
    time = _("%(number)s ms") % {"number": cldr.number(row.milliseconds)}
    reason = wording.REASONS.get(row.error, lambda: _("No answer"))
    status = _("Status %(number)s") % {"number": row.status} if row.status else reason()
    return ExchangeRow(
        request=f"{row.method} {row.path}",
        when=wording.in_utc(row.at),
        answer=f"{status} · {time}",
        is_failed=not 200 <= row.status < 300,
        sent=row.sent,
        received=row.received,
    )
