"""Celery for jobs and the timer. No page waits for a job or needs a broker."""

import os
from typing import Any

import django
from celery import Celery, signals

from portal.operations import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("keyholder")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["provisioning"])


def stop_on_errors(**_: Any) -> None:
    """Refuse a start that the system checks forbid, as the web process does."""
    django.setup()
    checks.stop_on_errors()


for _start in (signals.celeryd_init, signals.beat_init):
    _start.connect(stop_on_errors)
