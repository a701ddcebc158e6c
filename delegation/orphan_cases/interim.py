"""A new admin first invites and views only; the person reads until when."""

import datetime as dt
import uuid
from dataclasses import dataclass

from audit.foundation.intervals import InForce
from delegation.authorization.errors import TierMissing
from delegation.authorization.models.roles import RoleVersion
from delegation.orphan_cases.models import OrphanCase

FIRST_ROLE = "interim_admin"
"""Invites and views."""
ADMIN_ROLE = "organization_admin"


@dataclass(frozen=True, slots=True)
class InterimAccess:
    """Says when all rights of an admin begin, unless an objection stops that."""

    full_from: dt.datetime
    is_stopped: bool


def of_member(*, membership: uuid.UUID) -> InterimAccess | None:
    """Return until when this member invites and views only; None for others. One statement."""
    rows = OrphanCase.objects.filter(membership=membership, state=OrphanCase.State.JOINED)
    row = rows.values_list("full_from", "stopped_at").first()
    if row is None or row[0] is None:
        return None
    return InterimAccess(full_from=row[0], is_stopped=row[1] is not None)


def require_tiers(*, at: dt.datetime) -> None:
    """Raise TierMissing where the catalogue has no tier that the case ends with. One statement."""
    rows = RoleVersion.objects.filter(InForce(at), role__key__in=[FIRST_ROLE, ADMIN_ROLE])
    if rows.values("role").distinct().count() < 2:
        raise TierMissing
