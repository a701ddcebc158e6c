"""Members are found by the state of their accounts."""

import uuid
from collections.abc import Collection
from typing import Any

from audit.foundation import db

LIMIT = 1000
NEEDS_ATTENTION = ("failed", "out_of_date")
UPDATING = ("updating",)

_IN_STATE = """
SELECT DISTINCT m.id
FROM provisioning_account a
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_membership m ON m.user_id = a.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
WHERE m.organization_id = %(organization)s AND a.state = ANY(%(states)s)
 AND (%(memberships)s::uuid[] IS NULL OR m.id = ANY(%(memberships)s::uuid[]))
LIMIT %(limit)s
"""


_NEED_ATTENTION = """
SELECT DISTINCT m.id, app.key
FROM provisioning_account a
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_application app ON app.id = t.application_id
JOIN identity_published_membership m ON m.user_id = a.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
WHERE m.organization_id = %(organization)s AND a.state = ANY(%(states)s)
 AND (%(memberships)s::uuid[] IS NULL OR m.id = ANY(%(memberships)s::uuid[]))
LIMIT %(limit)s
"""


def needing_attention(
    *, organization: uuid.UUID, memberships: Collection[uuid.UUID] | None = None
) -> list[tuple[uuid.UUID, str]]:
    """Find accounts that need attention, by membership and application's key, at most `LIMIT`. One statement.

    `memberships`: among these alone.
    """
    rows = db.fetch_all(_NEED_ATTENTION, _params(organization, NEEDS_ATTENTION, memberships))
    return [(row[0], row[1]) for row in rows]


def in_state(
    *, organization: uuid.UUID, states: Collection[str], memberships: Collection[uuid.UUID] | None = None
) -> list[uuid.UUID]:
    """Find memberships with an account in one of these states, at most `LIMIT`. One statement.

    `memberships`: among these alone.
    """
    return [row[0] for row in db.fetch_all(_IN_STATE, _params(organization, states, memberships))]


def _params(
    organization: uuid.UUID, states: Collection[str], memberships: Collection[uuid.UUID] | None
) -> dict[str, Any]:
    among = None if memberships is None else list(memberships)
    return {"organization": organization, "states": list(states), "memberships": among, "limit": LIMIT}
