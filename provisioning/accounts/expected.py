"""Before the planner has read a removal, its systems are those with rights of the members."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audit.foundation import db
from provisioning.accounts import status
from provisioning.accounts.progress import SystemProgress

_AFFECTED = """
SELECT DISTINCT t.id, app.key, app.name::text, t.down_since
FROM identity_published_membership m
JOIN provisioning_account a ON a.user_id = m.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_application app ON app.id = t.application_id
WHERE m.id = ANY(%(memberships)s) AND a.acknowledged_active
  AND jsonb_array_length(coalesce(a.acknowledged_rights -> m.id::text, '[]')) > 0
ORDER BY app.key
"""


@dataclass(frozen=True, slots=True)
class AffectedSystem:
    """Describes a system that a removal will update."""

    application: str
    name: Mapping[str, str]
    target: uuid.UUID
    usually_takes: float | None
    """Seconds; None with too few recent deliveries."""
    down_since: dt.datetime | None


def expected_progress(
    *, memberships: Iterable[uuid.UUID], since: dt.datetime, at: dt.datetime
) -> list[SystemProgress]:
    """Compute the progress before the act is planned: each system with rights of the members waits. Two statements."""
    return [
        SystemProgress(
            application=system.application,
            name=system.name,
            kind="account",
            state="updating",
            count=1,
            waiting=1,
            at=None,
            seconds=max(0.0, (at - since).total_seconds()),
            attempts=0,
            last_failed_at=None,
            next_try_at=None,
            error="",
        )
        for system in expected_impact(memberships=memberships)
    ]


def expected_impact(*, memberships: Iterable[uuid.UUID]) -> list[AffectedSystem]:
    """Find the systems with rights of these members, which a removal would update. Two statements."""
    ids = list(memberships)
    affected = db.fetch_all(_AFFECTED, {"memberships": ids})
    usual = status.usually_takes(targets=[row[0] for row in affected])
    return [
        AffectedSystem(
            application=key,
            name=json.loads(name),
            target=target,
            usually_takes=usual.get(target),
            down_since=down,
        )
        for target, key, name, down in affected
    ]
