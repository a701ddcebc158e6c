"""What the operator's monitoring counts.

With several web processes, each writes into PROMETHEUS_MULTIPROC_DIR (set by `portal.wsgi`) and any of them answers
for all.
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


def requests(*, method: str, route: str, status: int, seconds: float) -> None:
    """One answered request; methods nobody knows are one label, so that nobody can make labels up."""
    known = method if method in _METHODS else "other"
    _requests.labels(known, route, f"{status // 100}xx").observe(seconds)


def sign_in(*, outcome: str) -> None:
    """One try: done, failed or refused."""
    _sign_ins.labels(outcome).inc()


def text(*, gauges: Mapping[str, float]) -> bytes:
    """Everything in Prometheus' text format, with gauges that were read just now."""
    own = CollectorRegistry()
    own.register(_Read(gauges))
    return generate_latest(own) + _counted()


class _Read(Collector):
    """Values of this moment: they must not go through the files that the web processes share."""

    def __init__(self, gauges: Mapping[str, float]) -> None:
        self.gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, value in self.gauges.items():
            yield GaugeMetricFamily(f"keyholder_{name}", "Read when asked.", value=value)


def _counted() -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
