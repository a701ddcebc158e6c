"""Finding colleagues by what other systems know of them."""

import uuid
from collections.abc import Collection

from provisioning.accounts import status

MOST = 1000
NEEDS_ATTENTION = ("failed", "differs")
UPDATING = ("on_its_way",)

_IN_STATE = """
SELECT DISTINCT m.id
FROM provisioning_account a
JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
JOIN identity_published_membership m ON m.user_id = a.user_id AND (a.membership_id IS NULL OR a.membership_id = m.id)
WHERE m.organization_id = %(organization)s AND a.state = ANY(%(states)s)
LIMIT %(most)s
"""


def in_state(*, organization: uuid.UUID, states: Collection[str]) -> list[uuid.UUID]:
    """Memberships of this organization with an account in one of these states, 1000 at most. One statement."""
    found = status.rows(_IN_STATE, organization=organization, states=list(states), most=MOST)
    return [row[0] for row in found]
