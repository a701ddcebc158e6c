"""Whether this process can serve pages; each check returns one word."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader

from audit.foundation import key_files
from identity import signing_keys
from portal.operations.metrics import Gauge
from provisioning.accounts import status

LATE = 60.0
"""Seconds after which due deliveries count as late."""


def gauges() -> list[Gauge]:
    """Return the values of this moment for `/metrics`."""
    return [
        Gauge("deliveries_late_seconds", "How long the oldest due delivery waits.", status.delivery_lag()),
        Gauge("deliverers", "Running deliverers.", status.running_deliverers()),
        Gauge("targets_down", "Targets that do not answer.", len(status.unavailable_targets())),
    ]


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
    """Return `ok` or `failed`."""
    try:
        for purpose in key_files.PURPOSES:
            key_files.current(folder=Path(settings.KEYS_FOLDER), purpose=purpose)
        signing_keys.jwks()
    except (OSError, ValueError, LookupError):
        return "failed"
    return "ok"


def deliveries() -> str:
    """Return `ok`, `late`, or `none` without a running deliverer."""
    if not status.running_deliverers():
        return "none"
    return "late" if status.delivery_lag() > LATE else "ok"
