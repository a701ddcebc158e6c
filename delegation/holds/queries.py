"""Pages read what is on hold, and what a hold would stop before it is placed."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from audit.foundation.intervals import InForce
from delegation.authorization import entitlements
from delegation.authorization.models.ceilings import Hold
from identity.memberships import queries as memberships_queries


@dataclass(frozen=True, slots=True)
class HoldView:
    """Describes a hold in force. `entitlement` is empty for a hold on the whole application."""

    id: uuid.UUID
    application: str
    entitlement: str
    reason: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class HoldEffects:
    """Counts the people that a hold would stop now. `by_entitlement` counts a person once for each entitlement."""

    stopped: int
    not_stopped: int
    by_entitlement: Mapping[str, int]
    by_role: Mapping[str, int]


def in_force(*, organization: uuid.UUID, at: dt.datetime) -> list[HoldView]:
    """List what is on hold for this organization, oldest first. One statement."""
    rows = Hold.objects.filter(InForce(at), organization=organization)
    columns = rows.order_by("valid_from", "id").values_list(
        "id",
        "application__key",
        "entitlement__application__key",
        "entitlement__key",
        "reason",
        "valid_from",
        "valid_until",
    )
    return [
        HoldView(row_id, application or of_entitlement or "", entitlement or "", reason, begin, end)
        for row_id, application, of_entitlement, entitlement, reason, begin, end in columns
    ]


def effects(*, organization: uuid.UUID, stops: str, at: dt.datetime) -> HoldEffects:
    """Count what a hold on this application or entitlement would stop at `at`. Two statements.

    Rights that another hold stops already are not counted.
    """
    counts = entitlements.people_with(organization=organization, stops=stops, at=at)
    members = memberships_queries.active(at=at).filter(organization=organization).count()
    return HoldEffects(
        stopped=counts.people,
        not_stopped=members - counts.people,
        by_entitlement=counts.by_entitlement,
        by_role=counts.by_role,
    )
