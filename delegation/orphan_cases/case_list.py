"""The worklist and the list of cases read cases by state, as far as the reader's rights reach."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from audit.foundation import db
from delegation.authorization import scopes
from delegation.authorization.authorities import Authority
from delegation.authorization.verbs import Verb
from delegation.orphan_cases.models import OrphanCase

PAGE_SIZE = 50
_STATE = OrphanCase.State
OVER = (_STATE.RESOLVED, _STATE.CLOSED)


@dataclass(frozen=True, slots=True)
class ListedCase:
    """Describes a case without the person it is about."""

    id: uuid.UUID
    customer: str
    customer_key: str
    cause: str
    state: str
    opened_at: dt.datetime
    waits_until: dt.datetime | None
    stopped_at: dt.datetime | None
    full_from: dt.datetime | None
    closed_at: dt.datetime | None

    @property
    def clock_ends(self) -> dt.datetime | None:
        """Return when the clock of this state runs out; None in a state without one."""
        if self.state in {_STATE.PROPOSED, _STATE.APPROVED}:
            return self.waits_until
        return self.full_from if self.state == _STATE.JOINED else None


@dataclass(frozen=True, slots=True)
class ListedCases:
    """Holds one page of cases, and the ids that the pages before and after it start from."""

    rows: Sequence[ListedCase]
    previous: uuid.UUID | None
    next: uuid.UUID | None


def page(
    *,
    own: Sequence[Authority],
    states: Sequence[str],
    after: uuid.UUID | None = None,
    before: uuid.UUID | None = None,
) -> ListedCases:
    """Read one page of the cases in these states, the oldest first; those that are over by their end, the latest first.

    One statement, two behind the first page. The list goes on behind a case that has another state meanwhile; where
    none is left behind it, it begins again.
    """
    is_over = set(states) <= set(OVER)
    readable = _readable(own)
    found = db.keyset(
        rows=[readable.filter(state__in=states)],
        order=("-closed_at", "-id") if is_over else ("opened_at", "id"),
        after=after,
        before=before,
        size=PAGE_SIZE,
        anchors=[readable.filter(closed_at__isnull=False) if is_over else readable],
    )
    if not found.rows and (after or before):
        return page(own=own, states=states)
    return ListedCases([_listed(row) for row in found.rows], found.previous, found.next)


def oldest(*, own: Sequence[Authority], states: Sequence[str], most: int) -> list[ListedCase]:
    """List the oldest cases in these states. One statement. One more than `most` says that there are more."""
    rows = _readable(own).filter(state__in=states).order_by("opened_at", "id")
    return [_listed(row) for row in rows[: most + 1]]


def counts(*, own: Sequence[Authority], states: Sequence[str]) -> dict[str, int]:
    """Count the cases by state. One statement."""
    rows = _readable(own).filter(state__in=states).order_by().values_list("state")
    return dict(rows.annotate(number=Count("id")))


def _readable(own: Sequence[Authority]) -> QuerySet[OrphanCase]:
    customers = scopes.organizations_within(own=own, verb=Verb.ORPHAN_CASE_VIEW)
    rows = OrphanCase.objects.filter(organization__in=customers.order_by().values("pk"))
    return rows.select_related("organization")


def _listed(row: OrphanCase) -> ListedCase:
    return ListedCase(
        id=row.id,
        customer=row.organization.name,
        customer_key=row.organization.key,
        cause=row.cause,
        state=row.state,
        opened_at=row.opened_at,
        waits_until=row.waits_until,
        stopped_at=row.stopped_at,
        full_from=row.full_from,
        closed_at=row.closed_at,
    )


def open_case_of(*, organization: uuid.UUID) -> uuid.UUID | None:
    """Return the id of the customer's open case; None where it has none. One statement."""
    rows = OrphanCase.objects.filter(organization=organization, closed_at=None)
    return rows.values_list("id", flat=True).first()
