"""Staff read the confirmed requests that lead to no case yet, as far as their rights reach."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from audit.foundation import db
from delegation.authorization import scopes
from delegation.authorization.authorities import Authority
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import matching, rules
from delegation.orphan_cases.models import OrphanRequest
from identity.organizations.models import Organization

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class RequestView:
    """Describes a request; company and number are the words of a stranger."""

    id: uuid.UUID
    company: str
    number: str
    name: str
    email: str
    customer: str
    """The customer that the details match; empty where they match none."""
    customer_key: str
    confirmed_at: dt.datetime
    decided_at: dt.datetime | None
    case: uuid.UUID | None
    row: OrphanRequest
    """What commands take."""

    @property
    def is_open(self) -> bool:
        """Return whether it waits for staff."""
        return self.case is None and self.decided_at is None


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """Holds one page of requests, and the ids that the pages before and after it start from."""

    rows: Sequence[RequestView]
    previous: uuid.UUID | None
    next: uuid.UUID | None


def page(
    *, own: Sequence[Authority], after: uuid.UUID | None = None, before: uuid.UUID | None = None
) -> RequestsPage:
    """Read one page of the requests that wait for staff, the oldest first. One statement, two behind the first page.

    The list goes on behind a request that was decided meanwhile; where all behind it are decided, it begins again.
    """
    found = db.keyset(
        rows=[_open(own).select_related("organization")],
        order=("confirmed_at", "id"),
        after=after,
        before=before,
        size=PAGE_SIZE,
        anchors=[_readable(own).filter(confirmed_at__isnull=False)],
    )
    if not found.rows and (after or before):
        return page(own=own)
    return RequestsPage([view for row in found.rows if (view := _view(row))], found.previous, found.next)


def waiting(*, own: Sequence[Authority], most: int) -> list[RequestView]:
    """List the requests that wait for staff, the oldest first. One statement.

    One more than `most` says that there are more.
    """
    rows = _open(own).select_related("organization").order_by("confirmed_at", "id")
    return [view for row in rows[: most + 1] if (view := _view(row))]


def count(*, own: Sequence[Authority]) -> int:
    """Count the requests that wait for staff. One statement."""
    return _open(own).count()


def get(*, own: Sequence[Authority], request: uuid.UUID) -> RequestView:
    """Return a confirmed request in any state. One statement. Raises NotFound."""
    row = _readable(own).select_related("organization", "case__organization").filter(id=request).first()
    found = _view(row) if row else None
    if found is None:
        raise NotFound
    return found


def find_customer(*, own: Sequence[Authority], text: str) -> Organization | None:
    """Find the reader's one customer with this customer number, business id or key. Three statements."""
    return matching.customer_of(own, text=text, verb=Verb.ORPHAN_REQUEST_CONNECT)


def has_working_admin(*, view: RequestView, at: dt.datetime) -> bool:
    """Return whether the command would find an admin of the matched customer who is there. One statement."""
    customer = view.row.organization_id
    return customer is not None and rules.present_admins(organization=customer, at=at).exists()


def _open(own: Sequence[Authority]) -> QuerySet[OrphanRequest]:
    return _readable(own).filter(case=None, decided_at=None, confirmed_at__isnull=False)


def _readable(own: Sequence[Authority]) -> QuerySet[OrphanRequest]:
    """Filter as `RequestSet` decides: one without a customer is for every business unit, until it has a case."""
    verb = Verb.ORPHAN_REQUEST_VIEW
    customers = scopes.organizations_within(own=own, verb=verb).order_by().values("pk")
    allowed = Q(organization__in=customers)
    if any(verb.value in one.verbs for one in own):
        allowed |= Q(organization=None)
    allowed &= Q(case=None) | Q(case__organization__in=customers)
    return OrphanRequest.objects.filter(allowed)


def _view(row: OrphanRequest) -> RequestView | None:
    """Return the view; None for a request that no one confirmed."""
    if row.confirmed_at is None:
        return None
    customer = row.case.organization if row.case else row.organization
    return RequestView(
        id=row.id,
        company=row.company,
        number=row.number,
        name=row.name,
        email=row.email,
        customer=customer.name if customer else "",
        customer_key=customer.key if customer else "",
        confirmed_at=row.confirmed_at,
        decided_at=row.decided_at,
        case=row.case_id,
        row=row,
    )
