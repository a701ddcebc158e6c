"""For whoever keeps the installation running: is it alive, is it ready, what does it count."""

import hmac
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from audit import keyfile
from identity import keys
from portal import metrics, requests
from provisioning import status

LATE = 60.0
"""Seconds after which deliveries that are due count as late."""
_LOOPBACK = {"127.0.0.1", "::1"}


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked: a restart would not mend a database."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Status 503 unless pages can be served. Late deliveries are named and do not take the pages away."""
    asked: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "keys": _keys}
    found: dict[str, str] = {}
    for name, ask in asked.items():
        found[name] = ask() if found.get("database", "ok") == "ok" else "unknown"
    well = all(word == "ok" for word in found.values())
    late = {"deliver": _deliver() if well else "unknown"}
    answer = {"status": "ok" if well else "failed", **found, **late}
    return JsonResponse(answer, status=200 if well else 503)


@login_not_required
@require_safe
def measured(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, to loopback or to whoever knows the token."""
    if not _may_measure(request):
        return HttpResponse(status=404)
    gauges = _gauges() if _database() == "ok" else {}
    return HttpResponse(metrics.text(gauges=gauges), content_type="text/plain; version=0.0.4; charset=utf-8")


def _gauges() -> dict[str, float]:
    return {
        "deliveries_late_seconds": status.lag(),
        "deliverers": status.deliverers(),
        "targets_down": len(status.down()),
    }


def _may_measure(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    return requests.address_of(request.META) in _LOOPBACK


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "failed"
    return "ok"


@cache
def _wanted() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _migrations() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    except Error:
        return "failed"
    return "ok" if applied >= _wanted() else "missing"


def _keys() -> str:
    try:
        for purpose in keyfile.PURPOSES:
            keyfile.current(folder=Path(settings.KEYS_FOLDER), purpose=purpose)
        keys.jwks()
    except (OSError, ValueError, LookupError):
        return "failed"
    return "ok"


def _deliver() -> str:
    if not status.deliverers():
        return "none"
    return "late" if status.lag() > LATE else "ok"
