"""The report of duties to keep apart is shown alike to admins and staff."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.duties import queries
from delegation.duties.queries import ExceptionView, HeldConflict
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell.page_context import PageContext
from portal.wording import access, dates, duty_events, supplier_texts


@dataclass(frozen=True, slots=True)
class DutyRow:
    """Describes a person who holds both, or a request that waits."""

    name: str
    url: str
    sub: str
    state: str
    tone: str
    link_url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class DutyGroup:
    """Holds the people of one conflict."""

    title: str
    note: str
    rows: Sequence[DutyRow]


@dataclass(frozen=True, slots=True)
class DutyReportView:
    """Holds the report in words; `more_url` leads to its next page, where there is one."""

    groups: Sequence[DutyGroup]
    waiting: Sequence[DutyRow]
    more_url: str


@dataclass(frozen=True, slots=True)
class DutyRoutes:
    """Names the pages that the lines lead to; `ask` is empty where the reader asks for no exception."""

    report: str
    person: str
    exception: str
    ask: str = ""


def after_of(request: Request) -> uuid.UUID | None:
    """Return the person after which this page of the report begins; None for its first page."""
    return shell_forms.identifier(request.GET.get("after", ""))


def report_view(
    page: PageContext, routes: DutyRoutes, *, sites: Mapping[uuid.UUID, str], after: uuid.UUID | None
) -> DutyReportView:
    """Return one page of the report. Five statements at most."""
    found = queries.report(organization=page.organization_id, at=page.at, after=after)
    clock = dates.Clock(page.at, page.zone)
    notes = {
        "refuse": _("No person newly gets both without an accepted exception."),
        "report": _("Reported only."),
    }
    groups = [
        DutyGroup(
            title=dates.first_upper(supplier_texts.in_language(conflict.text)),
            note=notes[conflict.enforcement],
            rows=[
                _holder(page, one, routes, sites, clock)
                for one in found.holders
                if one.conflict.id == conflict.id
            ],
        )
        for conflict in found.conflicts
    ]
    more = f"{page.url(routes.report)}?after={found.more_after}" if found.more_after else ""
    return DutyReportView(groups, [_waiting(page, one, routes, clock) for one in found.waiting], more)


def _holder(
    page: PageContext,
    one: HeldConflict,
    routes: DutyRoutes,
    sites: Mapping[uuid.UUID, str],
    clock: dates.Clock,
) -> DutyRow:
    names = [sites[site] for site in sites if one.sites and site in one.sites]
    where = access.site_names(all_sites=one.sites is None, names=names)
    parts = [where, _("since %(day)s") % {"day": clock.day(one.since)}]
    if one.until:
        parts.append(_("until %(day)s") % {"day": duty_events.last_day(one.until)})
    url, link = "", ""
    if one.exception:
        url, link = page.url(routes.exception, exception=one.exception.id), _("Exception…")
    elif routes.ask and not page.is_own(one.membership):
        url, link = page.url(routes.ask, membership=one.membership), _("Ask for an exception…")
    return DutyRow(
        name=one.name,
        url=page.url(routes.person, membership=one.membership),
        sub=" · ".join(parts),
        state=state_of(one),
        tone="ok" if one.exception and one.exception.state == "accepted" else "wait",
        link_url=url,
        link=link,
    )


def state_of(one: HeldConflict) -> str:
    """Say whether an exception is accepted, and until when."""
    if one.exception is None:
        return _("Without an exception")
    if one.exception.state == "accepted":
        return _("Exception until %(day)s") % {"day": duty_events.last_day(one.exception.valid_until)}
    return _("Exception asked for")


def _waiting(page: PageContext, one: ExceptionView, routes: DutyRoutes, clock: dates.Clock) -> DutyRow:
    sub = _("%(name)s asked %(when)s, until %(day)s") % {
        "name": one.requested_by,
        "when": clock.when(one.requested_at),
        "day": duty_events.last_day(one.valid_until),
    }
    url = page.url(routes.exception, exception=one.id)
    what = supplier_texts.in_language(one.text)
    return DutyRow(
        one.person, url, f"{dates.first_upper(what)} · {sub}", duty_events.STATES["open"](), "wait"
    )
