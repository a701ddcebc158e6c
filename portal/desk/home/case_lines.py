"""The worklist has the open cases of missing admins, with their clock, and the requests that lead to none."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_list, request_list
from portal.signin.staff.reader import StaffReader
from portal.wording import dates, orphan_cases, time_zones

_STATES = ("open", "proposed", "approved", "invited", "joined")
MOST = 20


@dataclass(frozen=True, slots=True)
class OpenCaseLine:
    """Describes an open case; no person is named."""

    customer: str
    url: str
    state: str
    clock: str
    is_stopped: bool
    since: str


def open_cases(reader: StaffReader) -> Sequence[OpenCaseLine]:
    """Return the open cases as far as the reader's rights reach, one more than `MOST` where there are more.

    One statement, none for those who take no step.
    """
    if Verb.ORPHAN_CASE_CLOSE not in reader.verbs:
        return []
    return [
        OpenCaseLine(
            customer=one.customer,
            url=reverse("staff_case", args=[one.customer_key, one.id]),
            state=orphan_cases.STATES[one.state](),
            clock=orphan_cases.time_left(one.clock_ends, one.stopped_at or reader.at)
            if one.clock_ends
            else "",
            is_stopped=one.stopped_at is not None,
            since=time_zones.date_time(one.opened_at, None),
        )
        for one in case_list.oldest(own=reader.own, states=_STATES, most=MOST)
    ]


@dataclass(frozen=True, slots=True)
class UnmatchedLine:
    """Describes a request without a case, by the company as a stranger entered it; no person is named."""

    company: str
    url: str
    since: str
    duration: str


def requests(reader: StaffReader) -> Sequence[UnmatchedLine]:
    """Return the requests without a case that the reader can see, one more than `MOST` where there are more.

    One statement, none for those who decide on none.
    """
    if Verb.ORPHAN_REQUEST_CLOSE not in reader.verbs:
        return []
    return [
        UnmatchedLine(
            company=one.company,
            url=reverse("staff_case_request", args=[one.id]),
            since=time_zones.date_time(one.confirmed_at, None),
            duration=dates.wait((reader.at - one.confirmed_at).total_seconds()),
        )
        for one in request_list.waiting(own=reader.own, most=MOST)
    ]
