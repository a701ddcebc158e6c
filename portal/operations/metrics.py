"""Prometheus reads these metrics.

Each web process writes into PROMETHEUS_MULTIPROC_DIR (set by `portal.wsgi`), and any of them reports for all.
"""

import os
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_requests = Histogram(
    "keyholder_request_seconds", "Time to answer a request.", ["method", "route", "status"], buckets=_SECONDS
)
_sign_ins = Counter("keyholder_sign_ins", "Sign-ins by outcome.", ["outcome"])
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def record_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; unknown methods share one label, so that clients cannot invent labels."""
    label = method if method in _METHODS else "other"
    _requests.labels(label, route, f"{status // 100}xx").observe(seconds)


def record_sign_in(*, outcome: str) -> None:
    """Count one attempt; `outcome` is done, failed or refused."""
    _sign_ins.labels(outcome).inc()


def text(*, gauges: Mapping[str, float]) -> bytes:
    """Return all metrics in Prometheus' text format; `gauges` are the values of this moment."""
    registry = CollectorRegistry()
    registry.register(_Gauges(gauges))
    return generate_latest(registry) + _shared_counters()


class _Gauges(Collector):
    """Reports values of this moment, which must not go through the files that the web processes share."""

    def __init__(self, gauges: Mapping[str, float]) -> None:
        self.gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, value in self.gauges.items():
            yield GaugeMetricFamily(f"keyholder_{name}", "Read at the request.", value=value)


def _shared_counters() -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
