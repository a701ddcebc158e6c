"""The worklist has the questions about admins that no one answered in time."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from delegation.absence_claims import queries as claims_queries
from delegation.authorization.verbs import Verb
from delegation.organizations import queries
from portal.signin.staff.reader import StaffReader
from portal.wording import dates, time_zones


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """Describes a question; no person of the customer is named."""

    customer: str
    url: str
    since: str
    duration: str


def unanswered(reader: StaffReader) -> Sequence[ClaimLine]:
    """Return the questions as far as the reader's rights reach. One statement, none for other roles."""
    if Verb.ABSENCE_CLOSE not in reader.verbs:
        return []
    customers = queries.readable(own=reader.own)
    return [
        ClaimLine(
            customer=one.row.organization.name,
            url=reverse("staff_claim", args=[one.row.organization.key, one.id]),
            since=time_zones.date_time(one.claimed_at, None),
            duration=dates.wait((reader.at - one.claimed_at).total_seconds()),
        )
        for one in claims_queries.unanswered(organizations=customers, at=reader.at)
    ]
