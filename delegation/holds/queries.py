"""Pages read what is on hold, and what a hold would stop before it is placed."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from audit.foundation.intervals import InForce
from delegation.authorization import entitlements
from delegation.authorization.models import ceilings
from delegation.authorization.models.ceilings import Hold
from identity.memberships import queries as memberships_queries
from identity.people.models import User

FORMER_HOLDS = 20
"""The most that are listed."""


@dataclass(frozen=True, slots=True)
class HoldView:
    """Describes a hold. `entitlement` is empty for a hold on the whole application."""

    id: uuid.UUID
    application: str
    entitlement: str
    reason: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None
    placed_by: str
    """The name of the staff member, for staff alone."""
    row: Hold
    """What commands take."""

    @property
    def stops(self) -> str:
        """Return the key of what is on hold."""
        return self.entitlement or self.application


@dataclass(frozen=True, slots=True)
class HoldEffects:
    """Counts the people that a hold would stop now. `by_entitlement` counts a person once for each entitlement."""

    stopped: int
    not_stopped: int
    by_entitlement: Mapping[str, int]
    by_role: Mapping[str, int]


def in_force(*, organization: uuid.UUID, at: dt.datetime) -> list[HoldView]:
    """List what is on hold for this organization, oldest first. One statement."""
    return _views(Hold.objects.filter(InForce(at), organization=organization).order_by("valid_from", "id"))


def find(*, organization: uuid.UUID, hold: uuid.UUID) -> Hold | None:
    """Find this hold of the organization, an ended one too. One statement."""
    return Hold.objects.filter(organization=organization, id=hold).first()


def former(*, organization: uuid.UUID, at: dt.datetime) -> list[HoldView]:
    """List the holds that have ended, the last one first. One statement."""
    rows = Hold.objects.filter(organization=organization, valid_until__lte=at)
    return _views(rows.order_by("-valid_until", "-id")[:FORMER_HOLDS])


def _views(rows: QuerySet[Hold]) -> list[HoldView]:
    names = User.all_directories.filter(pk=OuterRef("placed_by")).values("name")
    found = rows.select_related("application", "entitlement__application").annotate(name=Subquery(names))
    return [_view(row, row.name or "") for row in found]


def _view(row: Hold, placed_by: str) -> HoldView:
    application = row.application or (row.entitlement.application if row.entitlement else None)
    return HoldView(
        id=row.id,
        application=application.key if application else "",
        entitlement=row.entitlement.key if row.entitlement else "",
        reason=row.reason,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        placed_by=placed_by,
        row=row,
    )


def offered(*, organization: uuid.UUID, at: dt.datetime) -> dict[str, list[str]]:
    """List the entitlements that this organization is offered, by application, in their order. One statement."""
    rows = ceilings.offer_of(organization=organization, at=at).order_by("entitlement__rank", "entitlement")
    by_application: dict[str, list[str]] = {}
    for application, entitlement in rows.values_list("entitlement__application__key", "entitlement__key"):
        by_application.setdefault(application, []).append(entitlement)
    return by_application


def effects(
    *, organization: uuid.UUID, stops: str, at: dt.datetime, lifted: uuid.UUID | None = None
) -> HoldEffects:
    """Count what a hold on this application or entitlement would stop at `at`. Two statements.

    Rights that another hold stops already are not counted. `lifted` is a hold that is taken as ended: for its own key
    the counts are those of the people who can again.
    """
    counts = entitlements.people_with(organization=organization, stops=stops, at=at, lifted=lifted)
    members = memberships_queries.active(at=at).filter(organization=organization).count()
    return HoldEffects(
        stopped=counts.people,
        not_stopped=members - counts.people,
        by_entitlement=counts.by_entitlement,
        by_role=counts.by_role,
    )
