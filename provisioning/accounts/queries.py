"""Members are found by the state of their accounts."""

import uuid
from collections.abc import Collection

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
LIMIT %(limit)s
"""


_NEED_ATTENTION = """
SELECT DISTINCT m.id, app.key
FROM provisioning_account a
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_application app ON app.id = t.application_id
JOIN identity_published_membership m ON m.user_id = a.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
WHERE m.organization_id = %(organization)s AND a.state = ANY(%(states)s)
LIMIT %(limit)s
"""


def needing_attention(*, organization: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """Find accounts that need attention, by membership and application's key, at most `LIMIT`. One statement."""
    params = {"organization": organization, "states": list(NEEDS_ATTENTION), "limit": LIMIT}
    return [(row[0], row[1]) for row in db.fetch_all(_NEED_ATTENTION, params)]


def in_state(*, organization: uuid.UUID, states: Collection[str]) -> list[uuid.UUID]:
    """Find memberships with an account in one of these states, at most `LIMIT`. One statement."""
    params = {"organization": organization, "states": list(states), "limit": LIMIT}
    return [row[0] for row in db.fetch_all(_IN_STATE, params)]
