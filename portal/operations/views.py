"""For whoever keeps the installation running: is it alive, is it ready, what does it count."""

import hmac
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.http import request_context
from portal.operations import metrics, readiness

_LOOPBACK = {"127.0.0.1", "::1"}
_OF_A_PROXY = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked: a restart would not mend a database."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Status 503 unless pages can be served. Late deliveries are named and do not take the pages away."""
    asked: dict[str, Callable[[], str]] = {
        "database": readiness.database,
        "migrations": readiness.migrations,
        "keys": readiness.keyring,
    }
    found: dict[str, str] = {}
    for name, ask in asked.items():
        found[name] = ask() if found.get("database", "ok") == "ok" else "unknown"
    well = all(word == "ok" for word in found.values())
    late = {"deliver": readiness.deliver() if well else "unknown"}
    answer = {"status": "ok" if well else "failed", **found, **late}
    return JsonResponse(answer, status=200 if well else 503)


@login_not_required
@require_safe
def measured(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, to whoever knows the token; without one, to this machine where no proxy stands."""
    if not _may_measure(request):
        return HttpResponse(status=404)
    gauges = readiness.gauges() if readiness.database() == "ok" else {}
    return HttpResponse(metrics.text(gauges=gauges), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_measure(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    # Behind a proxy on this machine everybody comes from loopback.
    proxied = settings.PROXIES or any(name in request.headers for name in _OF_A_PROXY)
    return not proxied and request_context.address_of(request.META) in _LOOPBACK
