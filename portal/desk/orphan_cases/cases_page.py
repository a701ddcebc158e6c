"""The list of cases has those that are open, by state and with their clock, and those that are over."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_list, request_list
from delegation.orphan_cases.case_list import ListedCase
from portal.shell import query_string
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
    more: bool
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


def cases_page(reader: StaffReader, asked: str) -> tuple[CasesPage, int]:
    """Return the list of the asked group, and how many cases are open. Two statements, three for those of requests."""
    groups = dict(_GROUPS)
    current = asked if asked in groups else ""
    found = case_list.cases(own=reader.own, states=groups[current], most=case_list.MOST_LISTED)
    counts = case_list.counts(own=reader.own, states=groups[""])
    numbers = {name: sum(counts.get(one, 0) for one in states) for name, states in _GROUPS}
    labels = {
        "": _("All open"),
        "proofs": _("Collecting proofs"),
        "second": _("Waits for a second person"),
        "invite": _("Approved"),
        "further": _("Invites and views"),
        "over": _("Over"),
    }
    page = CasesPage(
        tabs=[
            CaseTab(
                "" if name == "over" else cldr.number(numbers[name]),
                labels[name],
                query_string.with_values(reverse("staff_cases"), {FILTER: name} if name else {}),
                current=name == current,
            )
            for name in numbers
        ]
        + _requests(reader),
        rows=[line(one, reader.at) for one in found[: case_list.MOST_LISTED]],
        more=len(found) > case_list.MOST_LISTED,
        is_over=current == "over",
    )
    return page, numbers[""]


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
