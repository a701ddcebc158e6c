"""Claims are closed here without authorization. Only commands and effects may import it."""

import datetime as dt
import uuid
from collections.abc import Iterable

from delegation.absence_claims.models import AbsenceClaim


def close_of_removed(*, memberships: Iterable[uuid.UUID], closed_by: uuid.UUID, at: dt.datetime) -> None:
    """Close the open claims about these members, whose access ends. One statement."""
    rows = AbsenceClaim.objects.filter(membership__in=list(memberships), state=AbsenceClaim.State.OPEN)
    rows.update(state=AbsenceClaim.State.REMOVED, closed_by=closed_by, closed_at=at)
