"""Exceptions are closed here without authorization. Only commands and effects may import it."""

import datetime as dt
import uuid
from collections.abc import Iterable

from delegation.authorization.models.duties import DutyException

_STATE = DutyException.State


def end_of_removed(*, memberships: Iterable[uuid.UUID], closed_by: uuid.UUID, at: dt.datetime) -> None:
    """End the requests and exceptions about these members, who leave: a return brings none back. One statement."""
    rows = DutyException.objects.filter(
        membership__in=list(memberships), state__in=[_STATE.OPEN, _STATE.ACCEPTED]
    )
    rows.update(state=_STATE.ENDED, closed_by=closed_by, closed_at=at)
