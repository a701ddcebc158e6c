"""Every answered request has one log line and one measurement, without secrets of addresses or personal values."""

import time
from contextlib import AbstractContextManager

import structlog
from django.http import HttpResponseBase

from portal.operations import metrics

log = structlog.get_logger("portal.request")
_METHOD_LENGTH = 16
"""Clients invent methods of any length; a log line takes no more of them."""


def bound(request_id: str) -> AbstractContextManager[None]:
    """Make every log line written inside carry the id, also Django's line with a traceback."""
    return structlog.contextvars.bound_contextvars(request=request_id)


def record(
    response: HttpResponseBase,
    *,
    method: str | None,
    route: str,
    request_id: str,
    started: float,
    service_user: str = "",
) -> HttpResponseBase:
    """Write log line and measurement, and set X-Request-ID; `started` is a value of `time.perf_counter`.

    The line names the service user of a program: its owner is asked about a flood of requests.
    """
    _write(str(method), route, response.status_code, request_id, started, service_user)
    response["X-Request-ID"] = request_id
    return response


def record_answer(*, method: str, route: str, status: int, request_id: str, started: float) -> None:
    """Write log line and measurement of a request that the front answered; one that it refused has no route."""
    _write(method, route, status, request_id, started)


def _write(
    method: str, route: str, status: int, request_id: str, started: float, service_user: str = ""
) -> None:
    seconds = time.perf_counter() - started
    metrics.record_request(method=method, route=route, status=status, seconds=seconds)
    log.info(
        "request",
        method=method[:_METHOD_LENGTH],
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        request=request_id,
        **({"service_user": service_user} if service_user else {}),
    )
