"""Each check returns one word: whether this process can serve pages, and what works beside it.

`REQUIRED` decide whether pages can be served; `REPORTED` are for the operator's monitoring.
"""

import datetime as dt
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cache

import structlog
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader

from audit import installation
from audit.checkpoints import newest
from identity import key_registry
from portal.operations import metrics, static_check
from provisioning import backlog
from provisioning.accounts import cursors, status
from provisioning.delivery import heartbeats
from provisioning.delivery.heartbeats import ProcessKind

log = structlog.get_logger("portal.readiness")
LATE = 60.0
"""Seconds after which due deliveries count as late, and a process without a heartbeat as stuck."""
JOBS_LATE = 300.0
"""The same for Celery, whose task of a heartbeat may wait behind a long job."""
CHECKPOINTS_LATE = 300.0
"""Seconds after which an event without a checkpoint is late: five intervals of the signer."""
FRESH_SECONDS = 1.0
_DAY = 86400.0
_PROBE = "readiness"
_memo: list[tuple[float, dict[str, str]]] = []


def database() -> str:
    """Return `ok` or `failed`."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "failed"
    return "ok"


@cache
def required_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations in this code, as app and name."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def migrations() -> str:
    """Return `ok`, `missing` or `failed`."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    except Error:
        return "failed"
    return "ok" if applied >= required_migrations() else "missing"


def keys() -> str:
    """Return `ok` or `failed`; the log says what the problem is, because strangers may read the word."""
    try:
        problems = key_registry.problems()
    except Error:  # migrations are missing
        return "failed"
    for problem in problems:
        log.error("keys", problem=problem)
    return "failed" if problems else "ok"


def cache_works() -> str:
    """Return `ok` or `failed`: without the shared cache, no sign-in passes its rate limits."""
    value = secrets.token_hex(8)
    try:
        shared_cache.set(_PROBE + value, value, 10)
        return "ok" if shared_cache.get(_PROBE + value) == value else "failed"
    except Exception:  # noqa: BLE001 - whatever a cache raises, sign-ins would raise it too
        return "failed"


def deliver() -> str:
    """Return `ok`, `late`, `stuck` where no deliverer makes progress, `none` without a running one, or `frozen`.

    `inconsistent`: the database says that more events were planned than a chain has.
    """
    if cursors.any_beyond_head():
        return "inconsistent"
    if installation.is_frozen():
        return "frozen"
    if not status.running_deliverers():
        return "none"
    if not _is_recent(ProcessKind.DELIVER, LATE):
        return "stuck"
    return "late" if max(cursors.planning_lag(), status.delivery_lag()) > LATE else "ok"


def checkpoints() -> str:
    """Return `ok`, `late`, or `none` before the first checkpoint.

    `unverified`: this machine has no public keys, and the database's copy may be anybody's. `inconsistent`: the
    deliverer did not sign the copy, or the log is shorter than it says.
    """
    newest_one = newest.known()
    if not newest_one.is_valid:
        return "inconsistent"
    is_late = newest.late_seconds(newest_one) > CHECKPOINTS_LATE
    if is_late and (newest_one.is_expected or newest_one.at):
        return "late"
    if newest_one.at is None:
        return "none"
    return "ok" if newest_one.is_expected else "unverified"


def mail() -> str:
    """Return `ok`, or `failing` from the first failure of a mail that still waits."""
    return _failing("mail")


def targets() -> str:
    """Return `ok`, or `failing` from the first failure of a system or service."""
    return "failing" if status.unavailable_targets() else _failing("account", "logout")


def worker() -> str:
    """Return `ok`, or `none` where no job has run lately."""
    return "ok" if _is_recent(ProcessKind.WORKER, JOBS_LATE) else "none"


def queue() -> str:
    """Return `ok`, or `set_aside` where a worker set a message of the last day aside."""
    return "set_aside" if _is_recent(ProcessKind.SET_ASIDE, _DAY) else "ok"


def beat() -> str:
    """Return `ok`, or `none` without Celery's timer."""
    return "ok" if _is_recent(ProcessKind.BEAT, JOBS_LATE) else "none"


def counters() -> str:
    """Return `ok`, or `degraded` where metrics miss the counters of other processes of this server."""
    return "degraded" if metrics.problem() else "ok"


REQUIRED: Mapping[str, Callable[[], str]] = {
    "database": database,
    "migrations": migrations,
    "keys": keys,
    "cache": cache_works,
    "static": static_check.state,
}
REPORTED: Mapping[str, Callable[[], str]] = {
    "deliver": deliver,
    "checkpoints": checkpoints,
    "mail": mail,
    "targets": targets,
    "worker": worker,
    "beat": beat,
    "queue": queue,
    "metrics": counters,
}


def report() -> dict[str, str]:
    """Run all checks. The words of the last second are given again: anyone may ask, and the answer costs statements."""
    if _memo and time.monotonic() - _memo[-1][0] < FRESH_SECONDS:
        return _memo[-1][1]
    required: dict[str, str] = {}
    for name, check in REQUIRED.items():
        required[name] = check() if required.get("database", "ok") == "ok" else "unknown"
    healthy = all(word == "ok" for word in required.values())
    reported = {name: check() if healthy else "unknown" for name, check in REPORTED.items()}
    words = {"status": "ok" if healthy else "failed", **required, **reported, "build": settings.BUILD}
    _memo[:] = [(time.monotonic(), words)]
    return words


def _failing(*kinds: str) -> str:
    return "failing" if backlog.failing_kinds() & set(kinds) else "ok"


def _is_recent(kind: ProcessKind, seconds: float) -> bool:
    return heartbeats.latest(kind=kind, within=dt.timedelta(seconds=seconds)).running > 0
