"""The operator asks here for liveness, readiness and metrics."""

import hmac
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.http import request_context
from portal.operations import gauges, metrics, readiness

_LOOPBACK = {"127.0.0.1", "::1"}
_PROXY_HEADERS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_VIA",
)


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answer that the process responds. Nothing else is checked: a restart would not repair a database."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer with status 503 unless pages can be served; what else does not work is only reported."""
    body = readiness.report()
    return JsonResponse(body, status=200 if body["status"] == "ok" else 503)


@login_not_required
@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """Answer clients with the token; without a configured token, for this machine unless a proxy is in front."""
    if not may_read_metrics(request.META):
        return HttpResponse(status=404)
    known = gauges.of_database() if readiness.database() == "ok" else []
    text = metrics.text(gauges=[gauges.build(), *known])
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def may_read_metrics(meta: Mapping[str, Any]) -> bool:
    """Return whether a request with this WSGI environ may read the metrics; the front asks before it takes a thread."""
    token: str = settings.METRICS_TOKEN
    if token:
        sent = meta.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        return hmac.compare_digest(sent.encode(), token.encode())
    # Behind a proxy on this machine, every request comes from loopback.
    proxied = settings.PROXIES or any(name in meta for name in _PROXY_HEADERS)
    return not proxied and request_context.address_of(meta) in _LOOPBACK
