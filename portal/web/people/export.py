"""The list of colleagues is downloaded as a CSV file, with its search, filters and order.

Reading the list leaves no event. The file holds what the list and the pages of its people show to the same reader.
"""

import datetime as dt
from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delegation.access import queries as access_queries
from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.people import queries as people_queries
from delegation.people import recency
from portal.http.request_context import Request
from portal.shell import csv_file, page_context
from portal.shell.page_context import PageContext
from portal.web.people import filters
from portal.wording import access, cldr, dates, systems
from provisioning.accounts import status

MAX_ROWS = 5000
"""No answer may take long: 1,600 rows take 0.3 s."""


@require_safe
@page_context.organization_page
def download(request: Request, page: PageContext) -> HttpResponse:
    """Answer with the whole list that the address names. Raises Denied for a reader who may not see colleagues."""
    if Verb.MEMBER_VIEW not in page.abilities:
        raise Denied(reason="no_permission")
    names = display_names.load(organization=page.organization_id)
    active = filters.parse(request.GET, names)
    if active.former:
        return HttpResponseRedirect(active.here(page.url("people")))
    criteria = filters.to_query(active.from_beginning())
    rows = people_queries.matching(
        actor=page.viewer, organization=page.organization_id, at=page.at, filters=criteria
    )
    whole = people_queries.page(rows=rows, filters=criteria, at=page.at, size=MAX_ROWS)
    if whole.next:
        text = _("A file holds at most %(number)s people. Filter the list first.")
        messages.warning(request, text % {"number": cldr.number(MAX_ROWS)})
        return HttpResponseRedirect(active.here(page.url("people")))
    text = csv_file.text([_header(page), *_lines(page, whole, names)])
    day = dates.Clock(page.at, page.zone).local(page.at).date()
    name = f"people-{page.organization.key}-{day.isoformat()}.csv"
    return HttpResponse(
        text.encode(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _header(page: PageContext) -> list[str]:
    last_sign_in = f"{_('Last sign-in')} ({page.zone.key})"
    return [
        _("Name"),
        _("E-mail"),
        _("Work phone"),
        _("Access"),
        _("Limit"),
        _("Sites"),
        last_sign_in,
        _("Systems"),
    ]


def _lines(page: PageContext, whole: people_queries.PeoplePage, names: DisplayNames) -> Iterator[list[str]]:
    """Read what the list shows of these people. Three statements."""
    memberships, clock = [row.id for row in whole.rows], dates.Clock(page.at, page.zone)
    assignments = access_queries.assignments(memberships=memberships, at=page.at)
    signed_in = recency.last_sign_ins(memberships=memberships)
    worst = status.worst_states(memberships=memberships)
    for row in whole.rows:
        theirs = assignments.get(row.id, [])
        yield [
            row.user.name,
            row.user.email,
            row.user.phone,
            access.tiers(theirs),
            ", ".join(part for part in (access.limits(theirs), access.ends(theirs, clock)) if part),
            access.every_site(theirs),
            _when(signed_in.get(row.id), clock),
            systems.worst_in_words(worst.get(row.id), names),
        ]


def _when(signed_in_at: dt.datetime | None, clock: dates.Clock) -> str:
    """Return `2026-11-29 09:12`, which spreadsheet programs of every language read as an instant."""
    return f"{clock.local(signed_in_at):%Y-%m-%d %H:%M}" if signed_in_at else _("no sign-in recorded")
