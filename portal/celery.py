"""Celery runs jobs and the timer. No page waits for a job or needs a broker."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

import django

# The checks and the tasks import models.
django.setup(set_prefix=False)

from celery import Celery, signals  # noqa: E402
from celery.beat import PersistentScheduler  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import Error, connection, connections  # noqa: E402

from portal.operations import checks  # noqa: E402
from provisioning import worker_stop  # noqa: E402
from provisioning.delivery import heartbeats  # noqa: E402

app = Celery("keyholder")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["provisioning"])

OVERRIDES = ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL")
"""Celery prefers these variables to the settings."""


def stop_on_errors(**_: Any) -> None:
    """Refuse a start without a broker, or one that the system checks forbid."""
    for name in OVERRIDES:
        if os.environ.get(name):
            raise SystemExit(f"{name} is set, and would replace KEYHOLDER_BROKER_URL. Remove it.")
    if settings.CELERY_BROKER_URL == settings.NO_BROKER:
        raise SystemExit("KEYHOLDER_BROKER_URL is not set: Celery has no broker.")
    checks.stop_on_errors()
    # The timer and the pool are forked from this process, and must not share its connection.
    connections.close_all()


def announce_stop(**_: Any) -> None:
    """Let long jobs end after the row at hand: the worker waits for them."""
    worker_stop.announce()


signals.worker_shutting_down.connect(announce_stop)
for _start in (signals.celeryd_init, signals.beat_init):
    _start.connect(stop_on_errors)


class HeartbeatScheduler(PersistentScheduler):
    """Celery's timer, which records a heartbeat whenever it looks for due tasks."""

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Return the seconds until the next tick. An unavailable database delays no task."""
        try:
            heartbeats.record(kind=heartbeats.ProcessKind.BEAT)
        except Error:
            connection.close()
        seconds: float = super().tick(*arguments, **options)
        return seconds
