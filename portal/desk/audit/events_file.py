"""The events that a search finds are downloaded with the search, their number and the proof of each."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.foundation.errors import TooSlow
from delegation.activity import supplier_log
from delegation.activity.supplier_log import FoundEvents, LoggedEvent
from delegation.staff import readings
from delegation.staff.readings import Reading
from identity.organizations.queries import OrganizationView
from portal.desk.audit import event_search, event_wording, events_context
from portal.desk.audit.event_search import EventSearch
from portal.http.request_context import Request
from portal.shell import event_rows, export_file, query_string
from portal.shell.export_file import ExportFile
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr, dates
from portal.wording.supplier_events import AuditWording

MAX_ROWS = 2000
"""No export may take long."""
_COLUMNS = (
    "at", "customer", "event_type", "outcome", "actor_kind", "actor", "actor_name", "subject_kind", "subject",
    "sentence", "details", "verified", "event", "act", "log", "number", "previous_hash", "hash",
)  # fmt: skip


def download(request: Request, reader: StaffReader) -> HttpResponse:
    """Answer with the file; a search with an error, or with too many events, leads back to its page."""
    zone, kind = ZoneInfo(settings.TIME_ZONE), export_file.asked_format(request.GET)
    asked = event_search.parse(_whole(request.GET), now=reader.at, zone=zone)
    back = query_string.with_values(reverse("staff_events"), asked.values)
    if not kind or asked.errors:
        return HttpResponseRedirect(back)
    try:
        found = supplier_log.find(actor=reader.actor, at=reader.at, search=asked.search, size=MAX_ROWS)
    except TooSlow:
        messages.warning(request, events_context.too_slow())
        return HttpResponseRedirect(back)
    if found.older:
        text = _("This file holds at most %(number)s events. Export in the background, or choose fewer days.")
        messages.warning(request, text % {"number": cldr.number(MAX_ROWS)})
        return HttpResponseRedirect(back)
    record(reader, Reading.EVENTS_EXPORT, found)
    rows = _rows(found.events, dates.Clock(reader.at, zone))
    name = f"events-{asked.days.first.isoformat()}-{asked.days.last.isoformat()}"
    cells = [[row[column] for column in _COLUMNS] for row in rows]
    return export_file.response(
        kind, ExportFile(name, _head(reader, asked, len(rows)), rows, _COLUMNS, cells)
    )


def record(reader: StaffReader, what: Reading, found: FoundEvents) -> None:
    """Record in the customers' logs, and in the supplier's own, that the reader sees these events."""
    customers = {row.organization for row in found.events if row.organization}
    readings.record(actor=reader.actor, what=what, organizations=customers, at=reader.at)
    if found.has_own_log:
        readings.record_own_log(actor=reader.actor, what=what, at=reader.at)


def _whole(query: QueryDict) -> QueryDict:
    """Return the search from its first event on, wherever the page of the address begins."""
    whole = query.copy()
    for name in ("before", "after"):
        whole.pop(name, None)
    return whole


def _head(reader: StaffReader, asked: EventSearch, rows: int) -> dict[str, Any]:
    """Return the search in codes, and what the file answers."""
    return {
        "search": asked.q,
        "show": asked.kind.value,
        "since": asked.search.since.isoformat(),
        "until": asked.search.until.isoformat(),
        "exported_by": str(reader.actor.id),
        "exported_at": reader.at.isoformat(),
        "rows": rows,
    }


def _rows(events: Sequence[LoggedEvent], clock: dates.Clock) -> list[dict[str, Any]]:
    customers = event_wording.customers_of(events)
    wording = event_wording.load(events, customers, clock)
    return [_row(row, wording, customers) for row in events]


def _row(
    row: LoggedEvent, wording: AuditWording, customers: Mapping[uuid.UUID, OrganizationView]
) -> dict[str, Any]:
    event, line = row.event, wording.sentence_for(row.event)
    about = event_wording.customer_of(row)
    customer = customers.get(about) if about else None
    shared = event_rows.event_row(event, line)
    return {**shared, "customer": customer.key if customer else None, "log": str(row.chain)}
