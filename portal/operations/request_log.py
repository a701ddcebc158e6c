"""One line in the log and one measurement for every answered request. No address with a secret, no personal value."""

import time

import structlog
from django.http import HttpResponseBase

from portal.operations import metrics

log = structlog.get_logger("portal.request")


def answered(
    response: HttpResponseBase, *, method: str | None, route: str, number: str, begun: float
) -> HttpResponseBase:
    """Say it, and give the answer its number; `begun` is of `time.perf_counter`."""
    seconds = time.perf_counter() - begun
    metrics.requests(method=str(method), route=route, status=response.status_code, seconds=seconds)
    response["X-Request-ID"] = number
    log.info(
        "request",
        method=method,
        route=route,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        request=number,
    )
    return response
