"""Planned removals are written here without authorization. Only commands and effects may import it."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from audit.foundation.actor import Actor
from delegation.departures.models import PlannedRemoval
from identity.memberships.models import Membership


def plan(
    *, members: Sequence[Membership], ends_at: dt.datetime, actor: Actor, act: uuid.UUID, at: dt.datetime
) -> None:
    """Plan the end of these memberships, which have no open plan. One statement."""
    PlannedRemoval.objects.bulk_create(
        [
            PlannedRemoval(
                membership=member,
                organization_id=member.organization_id,
                ends_at=ends_at,
                planned_at=at,
                planned_by=actor.responsible,
                planned_by_kind=actor.kind.value,
                act=act,
            )
            for member in members
        ]
    )


def close(*, memberships: Iterable[uuid.UUID], outcome: PlannedRemoval.PlanOutcome, at: dt.datetime) -> None:
    """Close the open plans of these memberships. One statement."""
    rows = PlannedRemoval.objects.filter(membership__in=list(memberships), closed_at=None)
    rows.update(closed_at=at, outcome=outcome)
