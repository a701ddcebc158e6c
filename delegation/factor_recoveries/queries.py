"""Staff read requests to replace a lost second factor; the person reads at sign-in what was agreed to."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from audit.log import ledger
from audit.models import Event
from delegation.activity import events as activity_events
from delegation.authorization.errors import NotFound
from delegation.factor_recoveries import rules
from delegation.factor_recoveries.models import FactorRecovery
from identity.memberships.models import SHOWN_NAME, Membership
from identity.organizations.models import Organization
from identity.people.models import User

MOST_WAITING = 20
"""The requests that the worklist shows."""


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """Describes a request; `opened_by` and `decided_by` are names of staff."""

    id: uuid.UUID
    organization: uuid.UUID
    membership: uuid.UUID
    person: str
    email: str
    recognition: str
    state: str
    """As stored, or `expired`."""
    opened_by: str
    opener: uuid.UUID
    opened_at: dt.datetime
    decided_by: str
    usable_from: dt.datetime | None
    ends_at: dt.datetime
    used_at: dt.datetime | None
    row: FactorRecovery
    """What commands take."""

    @property
    def is_live(self) -> bool:
        """Return whether it can still be refused or withdrawn."""
        return self.state in rules.LIVE


def get(*, organization: uuid.UUID, recovery: uuid.UUID, at: dt.datetime) -> RecoveryView:
    """Return the request of this organization. One statement. Raises NotFound."""
    row = _rows().filter(id=recovery, organization=organization).first()
    if row is None:
        raise NotFound
    return _view(row, at)


def live_of(*, membership: uuid.UUID, at: dt.datetime) -> RecoveryView | None:
    """Return the request about this member that waits or can be used. One statement."""
    row = _rows().filter(membership=membership, state__in=rules.LIVE, ends_at__gt=at).first()
    return None if row is None else _view(row, at)


def waiting(*, organizations: QuerySet[Organization], at: dt.datetime) -> list[RecoveryView]:
    """List the requests of these organizations that wait for a second person, the oldest first. One statement.

    One more than `MOST_WAITING` says that there are more.
    """
    rows = _rows().filter(state=FactorRecovery.State.OPEN, ends_at__gt=at)
    rows = rows.filter(organization__in=organizations.order_by().values("pk"))
    return [_view(row, at) for row in rows.order_by("opened_at", "id")[: MOST_WAITING + 1]]


def proof_of(recovery: RecoveryView) -> str:
    """Return how the person was recognized, from the authentic event; empty where the person is erased."""
    rows = Event.objects.filter(chain=ledger.SUPPLIER, act=recovery.row.act, outcome="done")
    events = activity_events.read_events(rows=list(rows.order_by("seq")[:1]))
    return next((event.personal.get("reason", "") for event in events if event.is_authentic), "")


def usable_by(*, user: uuid.UUID, at: dt.datetime) -> RecoveryView | None:
    """Return the agreed request that this person can use now. Two statements at most."""
    row = rules.usable_of(user=user, at=at)
    return None if row is None else get(organization=row.organization_id, recovery=row.id, at=at)


def _rows() -> QuerySet[FactorRecovery]:
    names = User.all_directories.all()
    shown = Membership.objects.filter(id=OuterRef("membership")).annotate(shown=SHOWN_NAME).values("shown")
    return FactorRecovery.objects.select_related("membership__user", "organization").annotate(
        person_name=Subquery(shown),
        opener=Subquery(names.filter(pk=OuterRef("opened_by")).values("name")),
        decider=Subquery(names.filter(pk=OuterRef("decided_by")).values("name")),
    )


def _view(row: FactorRecovery, at: dt.datetime) -> RecoveryView:
    over = row.state in rules.LIVE and row.ends_at <= at
    return RecoveryView(
        id=row.id,
        organization=row.organization_id,
        membership=row.membership_id,
        person=getattr(row, "person_name", "") or "",
        email=row.membership.user.email or "",
        recognition=row.recognition,
        state="expired" if over else row.state,
        opened_by=getattr(row, "opener", "") or "",
        opener=row.opened_by,
        opened_at=row.opened_at,
        decided_by=getattr(row, "decider", "") or "",
        usable_from=row.usable_from,
        ends_at=row.ends_at,
        used_at=row.used_at,
        row=row,
    )
