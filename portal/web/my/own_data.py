"""The reader sees and downloads everything that is stored about the reader."""

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from delegation.own_data import queries, reading
from delegation.own_data.records import OwnData
from portal.http import error_pages
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.signin.customers import rate_limits
from portal.web.my import own_data_sections
from portal.web.my.own_data_sections import DataSection
from portal.wording import dates
from provisioning.mail import sent_mails
from provisioning.mail.sent_mails import SentMail

FORMAT = "keyholder.my-data.v1"


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnDataPage(PageModel):
    """Shows what is stored about the reader, in sections that are printed as they stand."""

    template: ClassVar[str] = "web/my/own_data.html"

    sections: Sequence[DataSection]
    made_at: str
    is_complete: bool
    """Whether all events are listed."""
    file_url: str
    back_url: str


@require_safe
@page_context.organization_page
def show(request: Request, page: PageContext) -> HttpResponse:
    """Show everything about the reader; the reading is recorded, and limited."""
    refused = _begin(request, page, what="own_data")
    if refused is not None:
        return refused
    data, mails = _read(page)
    clock = dates.Clock(page.at, page.zone)
    model = OwnDataPage(
        sections=own_data_sections.sections(data, mails, clock),
        made_at=clock.date_time(page.at, seconds=False),
        is_complete=data.events_complete and len(data.events) <= own_data_sections.MOST_EVENTS,
        file_url=page.url("my_data_file"),
        back_url=page.url("my_access"),
    )
    return page_model.render(request, model)


@require_safe
@page_context.organization_page
def download(request: Request, page: PageContext) -> HttpResponse:
    """Answer with everything about the reader as JSON; the reading is recorded, and limited."""
    refused = _begin(request, page, what="own_data_file")
    if refused is not None:
        return refused
    data, mails = _read(page)
    content = {
        "format": FORMAT,
        "issuer": settings.ISSUER,
        "made_at": page.at,
        **dataclasses.asdict(data),
        "mails": [dataclasses.asdict(one) for one in mails],
    }
    return HttpResponse(
        json.dumps(content, ensure_ascii=False, indent=2, default=_instant),
        content_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": "no-store"},
    )


def _begin(request: Request, page: PageContext, *, what: str) -> HttpResponse | None:
    """Count and record the reading; return the page that asks to wait where there were too many."""
    taken = rate_limits.take((rate_limits.OWN_DATA, str(page.viewer.id)))
    if taken.wait:
        return error_pages.too_many(request, seconds=taken.wait)
    reading.record(actor=page.viewer, page=what, at=page.at)
    return None


def _read(page: PageContext) -> tuple[OwnData, list[SentMail]]:
    user = page.own_membership.user
    return queries.own_data(user=user), sent_mails.to_person(user=user.pk, address=user.email or "")


def _instant(value: Any) -> str:
    """Write an instant as RFC 3339 in UTC. Raises TypeError for anything else."""
    if not isinstance(value, dt.datetime):
        raise TypeError(f"no instant: {value!r}")
    return value.astimezone(dt.UTC).isoformat()
