"""The worklist has the requests to replace lost sign-in methods that wait for a second person."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from delegation.authorization.verbs import Verb
from delegation.factor_recoveries import queries as recoveries_queries
from delegation.organizations import queries
from portal.signin.staff.reader import StaffReader
from portal.wording import dates, time_zones


@dataclass(frozen=True, slots=True)
class RecoveryLine:
    """Describes a request; no person of the customer is named."""

    customer: str
    url: str
    opened_by: str
    since: str
    duration: str


def waiting(reader: StaffReader) -> Sequence[RecoveryLine]:
    """Return the requests as far as the reader's rights reach. One statement, none for other roles."""
    if Verb.FACTOR_RECOVERY_REFUSE not in reader.verbs:
        return []
    customers = queries.readable(own=reader.own)
    return [
        RecoveryLine(
            customer=one.row.organization.name,
            url=reverse("staff_recovery", args=[one.row.organization.key, one.id]),
            opened_by=one.opened_by,
            since=time_zones.date_time(one.opened_at, None),
            duration=dates.wait((reader.at - one.opened_at).total_seconds()),
        )
        for one in recoveries_queries.waiting(organizations=customers, at=reader.at)
    ]
