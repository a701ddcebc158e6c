"""The list of cases has those that are open, by state and with their clock, and those that are over."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_list, request_list
from delegation.orphan_cases.case_list import ListedCase, ListedCases
from portal.shell import forms as shell_forms
from portal.shell import query_string
from portal.shell.components import Pager
from portal.shell.page_model import PageModel
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr, orphan_cases, time_zones

FILTER = "show"


@dataclass(frozen=True, slots=True)
class CaseTab:
    """Describes a group of states for `kh.tabs`."""

    count: str
    label: str
    url: str
    current: bool
    bad: bool = False


@dataclass(frozen=True, slots=True)
class CaseLine:
    """Describes a case; no person is named."""

    customer: str
    url: str
    state: str
    cause: str
    clock: str
    is_stopped: bool
    since: str


@dataclass(frozen=True, kw_only=True)
class CasesPage(PageModel):
    """Lists the cases of one group of states."""

    template: ClassVar[str] = "desk/orphan_cases/list.html"

    tabs: Sequence[CaseTab]
    rows: Sequence[CaseLine]
    pager: Pager
    is_over: bool
    """Whether the cases of the list are over."""


_GROUPS: Sequence[tuple[str, Sequence[str]]] = (
    ("", ("open", "proposed", "approved", "invited", "joined")),
    ("proofs", ("open",)),
    ("second", ("proposed",)),
    ("invite", ("approved", "invited")),
    ("further", ("joined",)),
    ("over", tuple(one.value for one in case_list.OVER)),
)
"""The groups of states by what the address says."""


def cases_page(reader: StaffReader, query: QueryDict) -> tuple[CasesPage, int]:
    """Return the list of the asked group, and how many cases are open.

    Two statements, one more for those of requests, and one more behind the first page.
    """
    groups = dict(_GROUPS)
    current = query_string.choice(query, FILTER, groups)
    found = case_list.page(
        own=reader.own,
        states=groups[current],
        after=shell_forms.identifier(query.get("after", "")),
        before=shell_forms.identifier(query.get("before", "")),
    )
    counts = case_list.counts(own=reader.own, states=groups[""])
    page = CasesPage(
        tabs=[*_tabs(counts, current), *_requests(reader)],
        rows=[line(one, reader.at) for one in found.rows],
        pager=_pager(found, {FILTER: current}),
        is_over=current == "over",
    )
    return page, sum(counts.values())


def _tabs(counts: Mapping[str, int], current: str) -> list[CaseTab]:
    numbers = {name: sum(counts.get(one, 0) for one in states) for name, states in _GROUPS}
    labels = {
        "": _("All open"),
        "proofs": _("Collecting proofs"),
        "second": _("Waits for a second person"),
        "invite": _("Approved"),
        "further": _("Invites and views"),
        "over": _("Over"),
    }
    return [
        CaseTab(
            "" if name == "over" else cldr.number(numbers[name]),
            labels[name],
            query_string.with_values(reverse("staff_cases"), {FILTER: name} if name else {}),
            current=name == current,
        )
        for name in numbers
    ]


def _pager(found: ListedCases, values: Mapping[str, str]) -> Pager:
    url = reverse("staff_cases")
    return Pager(
        "",
        previous_url=query_string.beside(url, values, before=found.previous),
        next_url=query_string.beside(url, values, after=found.next),
    )


def _requests(reader: StaffReader) -> list[CaseTab]:
    """Return where the reader finds requests without a case; nothing for a reader who decides on none."""
    if Verb.ORPHAN_REQUEST_VIEW not in reader.verbs:
        return []
    number = request_list.count(own=reader.own)
    return [
        CaseTab(
            cldr.number(number), _("Requests without a case"), reverse("staff_case_requests"), current=False
        )
    ]


def line(case: ListedCase, at: dt.datetime) -> CaseLine:
    """Describe a case in a list."""
    return CaseLine(
        customer=case.customer,
        url=reverse("staff_case", args=[case.customer_key, case.id]),
        state=orphan_cases.STATES[case.state](),
        cause=orphan_cases.CAUSES[case.cause](),
        clock=_clock(case, at),
        is_stopped=case.stopped_at is not None,
        since=time_zones.date_time(case.closed_at or case.opened_at, None),
    )


def _clock(case: ListedCase, at: dt.datetime) -> str:
    """Return what is left of the time, or that it is over; empty in a state without a clock."""
    ends = case.clock_ends
    if ends is None:
        return ""
    return orphan_cases.time_left(ends, case.stopped_at or at)
