"""An admin counts as fresh who signed in lately and confirmed within a year; a confirmation is made once in a while."""

import datetime as dt
import uuid

from delegation.authorization.errors import Unchanged
from delegation.continuity_grades.models import AdminConfirmation

SEEN_WITHIN = dt.timedelta(days=90)
"""An admin who has not signed in for longer is not fresh."""
CONFIRMED_WITHIN = dt.timedelta(days=365)
ASKED_BEFORE = dt.timedelta(days=30)
"""So long before the year is over, pages ask for the confirmation."""
NEEDED = 2
"""Fresh admins."""
SOONEST = dt.timedelta(days=1)
"""A confirmation so soon after another one changes nothing."""


def require_due(*, membership: uuid.UUID, at: dt.datetime) -> None:
    """Raise Unchanged soon after a confirmation. Call it under the lock of the chain."""
    rows = AdminConfirmation.objects.filter(membership=membership, confirmed_at__gt=at - SOONEST)
    if rows.exists():
        raise Unchanged
