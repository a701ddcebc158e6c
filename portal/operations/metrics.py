"""Prometheus reads these metrics: counters of this server's web processes, and values of the database.

Counting happens in memory and cannot fail. Processes of one server share their counters by `counter_files`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from portal.operations.counter_files import CounterFiles, Family

# With PROMETHEUS_MULTIPROC_DIR in the environment, the library would count in mapped files: a missing folder fails the
# request that counts, and a full disk ends the process (SIGBUS).
values.ValueClass = values.MutexValue

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_registry = CollectorRegistry()
_requests = Histogram(
    "keyholder_request_seconds",
    "Time to answer a request.",
    ["method", "route", "status"],
    buckets=_SECONDS,
    registry=_registry,
)
_sign_ins = Counter("keyholder_sign_ins", "Sign-ins by outcome.", ["outcome"], registry=_registry)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_files: list[CounterFiles] = []


@dataclass(frozen=True, slots=True)
class Gauge:
    """Holds a value of this moment."""

    name: str
    description: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def share(*, folder: Path) -> None:
    """Share the counters of this process with the other processes of its web server. Called once, at its start."""
    files = CounterFiles(folder, own_counters)
    _files[:] = [files]
    files.start()


def problem() -> str:
    """Return why counters of other processes may be missing or old; empty where they are complete."""
    return _files[0].problem if _files else ""


def record_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; unknown methods share one label, so that clients cannot invent labels."""
    label = method if method in _METHODS else "other"
    _requests.labels(label, route, f"{status // 100}xx").observe(seconds)


def record_sign_in(*, outcome: str) -> None:
    """Count one attempt; `outcome` is done, failed or refused."""
    _sign_ins.labels(outcome).inc()


def own_counters() -> list[Family]:
    """Return the counters of this process."""
    return [
        (
            family.name,
            family.type,
            family.documentation,
            [
                (sample.name, sample.labels, sample.value)
                for sample in family.samples
                if _is_count(sample.name)
            ],
        )
        for family in _registry.collect()
    ]


def text(*, gauges: Iterable[Gauge]) -> bytes:
    """Return all metrics in Prometheus' text format; `gauges` are the values of this moment."""
    families = own_counters() + (_files[0].read_others() if _files else [])
    degraded = Gauge(
        "metrics_degraded",
        "1 where counters of other processes of this server are missing.",
        float(bool(problem())),
    )
    registry = CollectorRegistry()
    registry.register(_Collected([*_sums(families), *_families([*gauges, degraded])]))
    return generate_latest(registry)


class _Collected(Collector):
    """Reports values that are collected already."""

    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def collect(self) -> Iterator[Metric]:
        yield from self.families


def _is_count(sample: str) -> bool:
    """Return whether the sample can be added up; the time at which a counter began, which the library adds, cannot."""
    return not sample.endswith("_created")


def _sums(families: Iterable[Family]) -> list[Metric]:
    """Add counters and buckets of all processes, sample by sample."""
    metrics: dict[str, Metric] = {}
    sums: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = defaultdict(
        lambda: defaultdict(float)
    )
    for name, kind, description, samples in families:
        metrics.setdefault(name, Metric(name, description, kind))
        for sample, labels, value in samples:
            sums[name][sample, tuple(labels.items())] += value
    for name, metric in metrics.items():
        for (sample, labels_), value in sums[name].items():
            metric.add_sample(sample, dict(labels_), value)
    return list(metrics.values())


def _families(gauges: Iterable[Gauge]) -> list[Metric]:
    metrics: dict[str, Metric] = {}
    for gauge in gauges:
        name = f"keyholder_{gauge.name}"
        metric = metrics.setdefault(name, Metric(name, gauge.description, "gauge"))
        metric.add_sample(name, dict(gauge.labels), gauge.value)
    return list(metrics.values())
