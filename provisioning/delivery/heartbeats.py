"""Processes without a port say that they work: the deliverer, Celery's workers, its timer.

The database gives the instants, so that an age is right whichever machine asks. The reader decides what is too old.
"""

import datetime as dt
import functools
import uuid
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from audit.foundation import clock, db, ids

EVERY_SECONDS = 15.0
"""Between two heartbeats of a deliverer. Celery's timer records one at each tick, a worker one by a task."""
_RETENTION = dt.timedelta(days=1)

_RECORD = """
INSERT INTO provisioning_heartbeat (id, kind, build, started_at, seen_at)
VALUES (%(id)s, %(kind)s, %(build)s, %(at)s, %(at)s)
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
"""
_DELETE_OLD = "DELETE FROM provisioning_heartbeat WHERE kind = %(kind)s AND seen_at < %(before)s"
_LATEST = """
SELECT max(seen_at), count(*) FILTER (WHERE seen_at > %(since)s) FROM provisioning_heartbeat WHERE kind = %(kind)s
"""


class ProcessKind(StrEnum):
    """Names the kinds of processes."""

    DELIVER = "deliver"
    WORKER = "worker"
    """Recorded by a task, so it proves the timer, the broker and a worker together."""
    BEAT = "beat"
    SET_ASIDE = "set_aside"
    """Recorded by a worker that set a message aside."""


@dataclass(frozen=True, slots=True)
class LastHeartbeat:
    """Says when a kind of process was last seen, and how many have been seen lately."""

    kind: ProcessKind
    age_seconds: float | None = None
    """None where none was ever seen. The last row of a kind stays until the next process of that kind."""
    running: int = 0


def record(*, kind: ProcessKind) -> None:
    """Store that this process works now, and delete what is older than a day of this kind. Three statements."""
    at = clock.now()
    db.fetch_all(_DELETE_OLD, {"kind": kind.value, "before": at - _RETENTION})
    db.fetch_all(_RECORD, {"id": _process(kind), "kind": kind.value, "build": settings.BUILD, "at": at})


def latest(*, kind: ProcessKind, within: dt.timedelta) -> LastHeartbeat:
    """Read the latest heartbeat of this kind; `running` counts the processes seen within this time. Two statements."""
    at = clock.now()
    seen_at, running = db.fetch_only(_LATEST, {"kind": kind.value, "since": at - within})
    return LastHeartbeat(kind, (at - seen_at).total_seconds() if seen_at else None, running)


@functools.cache
def _process(_kind: ProcessKind) -> uuid.UUID:
    """Identify this process. A forked child asks for another kind than its parent."""
    return ids.uuid7()
