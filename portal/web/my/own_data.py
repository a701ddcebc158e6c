"""The reader sees and downloads everything that is stored about the reader, also one who has left all organizations."""

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delegation.own_data import queries, reading
from delegation.own_data.records import OwnData
from identity.memberships.queries import ActiveMembership
from portal.http import error_pages, request_context
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell.page_model import PageModel
from portal.signin.customers import rate_limits
from portal.web.my import own_data_sections
from portal.web.my.own_data_sections import DataSection
from portal.wording import dates, time_zones
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
    back_label: str


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show everything about the reader; the reading is recorded, and limited."""
    own = request_context.require_context(request)
    refused = _begin(own, what="own_data")
    if refused is not None:
        return refused
    data, mails = _read(own)
    clock = dates.Clock(own.context.now, own.context.zone or time_zones.first_known(""))
    membership = own.context.current_membership
    model = OwnDataPage(
        sections=own_data_sections.sections(data, mails, clock),
        made_at=clock.date_time(own.context.now, seconds=False),
        is_complete=data.events_complete and len(data.events) <= own_data_sections.MOST_EVENTS,
        file_url=reverse("my_data_file"),
        back_url=_access_url(membership) if membership else reverse("root"),
        back_label=_("My access") if membership else _("Home"),
    )
    return page_model.render(request, model)


def _access_url(membership: ActiveMembership) -> str:
    return reverse("my_access", kwargs={"organization": membership.organization.key})


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """Answer with everything about the reader as JSON; the reading is recorded, and limited."""
    own = request_context.require_context(request)
    refused = _begin(own, what="own_data_file")
    if refused is not None:
        return refused
    data, mails = _read(own)
    content = {
        "format": FORMAT,
        "issuer": settings.ISSUER,
        "made_at": own.context.now,
        **dataclasses.asdict(data),
        "mails": [dataclasses.asdict(one) for one in mails],
    }
    return HttpResponse(
        json.dumps(content, ensure_ascii=False, indent=2, default=_instant),
        content_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": "no-store"},
    )


def _begin(request: Request, *, what: str) -> HttpResponse | None:
    """Count and record the reading; return the page that asks to wait where there were too many."""
    actor = request.context.actor
    taken = rate_limits.take((rate_limits.OWN_DATA, str(actor.id)))
    if taken.wait:
        return error_pages.too_many(request, seconds=taken.wait)
    reading.record(actor=actor, page=what, at=request.context.now)
    return None


def _read(request: Request) -> tuple[OwnData, list[SentMail]]:
    user = request.context.actor.id
    data = queries.own_data(user=user)
    return data, sent_mails.to_person(user=user, address=data.person.email)


def _instant(value: Any) -> str:
    """Write an instant as RFC 3339 in UTC. Raises TypeError for anything else."""
    if not isinstance(value, dt.datetime):
        raise TypeError(f"no instant: {value!r}")
    return value.astimezone(dt.UTC).isoformat()
