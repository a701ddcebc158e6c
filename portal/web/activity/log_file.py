"""What a search of the log finds is downloaded with the search, its number and the proof of each event."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from delegation.activity import queries as activity_queries
from delegation.catalogue import display_names
from portal.http.request_context import Request
from portal.shell import event_rows, export_file, query_string, timeline
from portal.shell.export_file import ExportFile
from portal.shell.page_context import PageContext
from portal.web.activity import log_search
from portal.web.activity.log_search import LogSearch
from portal.wording import cldr, dates

MAX_ROWS = 2000
"""No export may take long."""


def download(request: Request, page: PageContext) -> HttpResponse:
    """Answer with the file; a search with an error, or with too many events, leads back to the log."""
    clock, kind = dates.Clock(page.at, page.zone), export_file.asked_format(request.GET)
    search = log_search.parse(page, request.GET, clock)
    back = query_string.with_values(page.url("activity"), search.values)
    if not kind or search.days.is_wrong:
        return HttpResponseRedirect(back)
    # From the first event on. Deliveries, which the page shows with their act, have rows of their own.
    whole = replace(search.events, before=None, after=None, hide_prompt_deliveries=False)
    found = activity_queries.page(scope=search.scope, filters=whole, size=MAX_ROWS)
    if found.older:
        text = _("A file holds at most %(number)s events. Choose fewer days, or a filter.")
        messages.warning(request, text % {"number": cldr.number(MAX_ROWS)})
        return HttpResponseRedirect(back)
    names = display_names.load(organization=page.organization_id)
    wording = timeline.event_wording(page.organization_id, found.events, names, clock)
    rows = [event_rows.event_row(event, wording.sentence_for(event)) for event in found.events]
    cells = [[row[column] for column in event_rows.COLUMNS] for row in rows]
    name = f"activity-{page.organization.key}-{page.at.astimezone(page.zone):%Y-%m-%d}"
    return export_file.response(
        kind, ExportFile(name, _head(page, search, len(rows)), rows, event_rows.COLUMNS, cells)
    )


def _head(page: PageContext, search: LogSearch, rows: int) -> dict[str, Any]:
    """Return the search in codes, and what the file answers. The id of the organization is that of its log."""
    since, until = search.events.since, search.events.until
    return {
        "organization": page.organization.key,
        "log": str(page.organization_id),
        **{name: value for name, value in search.values.items() if name not in search.days.values},
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        "whole_organization": search.scope.whole,
        "exported_by": str(page.viewer.id),
        "exported_at": page.at.isoformat(),
        "rows": rows,
    }
