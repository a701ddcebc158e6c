"""The worklist has the open cases of missing admins, with their clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_list
from portal.signin.staff.reader import StaffReader
from portal.wording import orphan_cases, time_zones

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
        for one in case_list.cases(own=reader.own, states=_STATES, most=MOST)
    ]
