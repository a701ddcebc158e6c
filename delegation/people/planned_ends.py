"""What follows from planned ends that are due is done in acts of the system, those that belong together in one."""

import contextlib
import uuid

from audit.foundation import clock
from audit.foundation.actor import system
from audit.foundation.errors import Busy
from delegation.authorization.errors import Unchanged
from delegation.departures import due
from delegation.departures import queries as departures_queries
from delegation.departures.queries import DuePlans
from delegation.people.commands import planned_removals
from identity.memberships.models import Membership

_MOST_ACTS = 50


def carry_out_next(*, organization: uuid.UUID | None = None) -> int:
    """Carry out the oldest due plans that belong together. Returns the number of members; 0 where none is due."""
    found = departures_queries.next_due(at=clock.now(), organization=organization)
    return 0 if found is None else carry_out(found)


def carry_out(found: DuePlans) -> int:
    """Carry these plans out in one act. Returns the number of members."""
    rows = list(Membership.objects.filter(organization=found.organization, id__in=found.memberships))
    with contextlib.suppress(Unchanged):  # another process was first
        planned_removals.carry_out(actor=system(), memberships=rows, since=found.ends_at)
    return len(found.memberships)


def _carry_out_all(organization: uuid.UUID) -> None:
    """Carry out everything due in this organization. Raises Busy where that does not end."""
    for _ in range(_MOST_ACTS):
        if not carry_out_next(organization=organization):
            return
    raise Busy(seconds=1)


due.register(_carry_out_all)
