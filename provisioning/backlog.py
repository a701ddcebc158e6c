"""Operators read how many deliveries wait or fail, and for how long: one state for all servers."""

import datetime as dt
from dataclasses import dataclass

from audit.foundation import db

KINDS = ("account", "logout", "mail")
# A retry moves the instant at which a row is due, so lateness counts from its first failure.
_BACKLOG = """
SELECT kind, count(*), count(failing_since),
       min(least(failing_since, due_at)) FILTER (WHERE failing_since IS NOT NULL OR due_at <= %(at)s)
FROM (
    SELECT 'account' AS kind, a.due_at, a.failing_since
    FROM provisioning_account a JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
    WHERE a.due_at IS NOT NULL
    UNION ALL SELECT 'logout', due_at, failing_since FROM provisioning_logout WHERE due_at IS NOT NULL
    UNION ALL SELECT 'mail', due_at, failing_since FROM provisioning_mail WHERE due_at IS NOT NULL
) x GROUP BY kind
"""

_FAILING = """
SELECT 'account' WHERE EXISTS (
    SELECT FROM provisioning_account a JOIN provisioning_target t ON t.id = a.target_id AND t.is_active
    WHERE a.failing_since IS NOT NULL AND a.due_at IS NOT NULL)
UNION ALL SELECT 'logout' WHERE EXISTS (
    SELECT FROM provisioning_logout WHERE failing_since IS NOT NULL AND due_at IS NOT NULL)
UNION ALL SELECT 'mail' WHERE EXISTS (
    SELECT FROM provisioning_mail WHERE failing_since IS NOT NULL AND due_at IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Describes the unconfirmed deliveries of one kind."""

    kind: str
    waiting: int = 0
    failing: int = 0
    """How many of the waiting ones have failed since their last success."""
    late_seconds: float = 0.0
    """Since the oldest one became due, or failed for the first time."""


def backlogs(*, at: dt.datetime) -> list[Backlog]:
    """Count the unconfirmed deliveries of every kind. One statement, which reads every waiting row."""
    rows = {kind: values for kind, *values in db.fetch_all(_BACKLOG, {"at": at})}
    return [_backlog(kind, *rows.get(kind, (0, 0, None)), at=at) for kind in KINDS]


def failing_kinds() -> set[str]:
    """Find the kinds of which an unconfirmed delivery has failed. One statement, by the indexes of failing rows."""
    return {kind for (kind,) in db.fetch_all(_FAILING)}


def _backlog(kind: str, waiting: int, failing: int, since: dt.datetime | None, *, at: dt.datetime) -> Backlog:
    return Backlog(kind, waiting, failing, max((at - since).total_seconds(), 0.0) if since else 0.0)
