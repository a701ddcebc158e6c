"""The worklist has the reports of people who blocked their own sign-in."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from delegation.authorization.verbs import Verb
from delegation.organizations import queries
from delegation.takeover_reports import queries as takeover_queries
from portal.signin.staff.reader import StaffReader
from portal.wording import dates, time_zones


@dataclass(frozen=True, slots=True)
class TakeoverLine:
    """Describes a report; no person of the customer is named."""

    customer: str
    url: str
    since: str
    duration: str


def waiting(reader: StaffReader) -> Sequence[TakeoverLine]:
    """Return the reports as far as the reader's rights reach. Two statements at most, none for other roles."""
    if Verb.TAKEOVER_CLOSE not in reader.verbs:
        return []
    return [
        TakeoverLine(
            customer=one.organization.name,
            url=reverse("staff_takeover", args=[one.organization.key, one.id]),
            since=time_zones.date_time(one.reported_at, None),
            duration=dates.wait((reader.at - one.reported_at).total_seconds()),
        )
        for one in takeover_queries.waiting(organizations=queries.readable(own=reader.own))
    ]
