"""`/metrics` shows these values of the moment: the build of this process, and the state in the database.

What the database holds is the same whichever server reports it: take the maximum over servers, not the sum.
"""

import datetime as dt
import platform

import django
from django.conf import settings

from audit.checkpoints import newest
from audit.foundation import clock
from portal.operations import readiness
from portal.operations.metrics import Gauge
from provisioning import backlog
from provisioning.accounts import status
from provisioning.delivery import heartbeats
from provisioning.delivery.heartbeats import ProcessKind

_WITHIN = {
    ProcessKind.DELIVER: dt.timedelta(seconds=readiness.LATE),
    ProcessKind.WORKER: dt.timedelta(seconds=readiness.JOBS_LATE),
    ProcessKind.BEAT: dt.timedelta(seconds=readiness.JOBS_LATE),
}


def build() -> Gauge:
    """Describe the code and its runtime; the value is always 1."""
    labels = {"build": settings.BUILD, "python": platform.python_version(), "django": django.get_version()}
    return Gauge("build_info", "The code that this process runs.", 1.0, tuple(labels.items()))


def of_database() -> list[Gauge]:
    """Read deliveries, targets, checkpoints and heartbeats."""
    return [
        *_deliveries(),
        Gauge("deliverers", "Deliverers connected to the database.", status.running_deliverers()),
        Gauge("targets_down", "Targets that do not answer.", len(status.unavailable_targets())),
        *_checkpoints(),
        *_heartbeats(),
        *_set_aside(),
    ]


def _checkpoints() -> list[Gauge]:
    checkpoint = newest.known()
    late = Gauge(
        "checkpoints_late_seconds",
        "The age of the oldest event that no checkpoint covers.",
        newest.late_seconds(checkpoint),
    )
    age = newest.age(checkpoint)
    newest_age = [] if age is None else [Gauge("checkpoint_age_seconds", "Since the newest checkpoint.", age)]
    return [late, *newest_age]


def _set_aside() -> list[Gauge]:
    age = heartbeats.latest(kind=ProcessKind.SET_ASIDE, within=dt.timedelta()).age_seconds
    what = "Since a worker last set a message of the queue aside."
    return [] if age is None else [Gauge("jobs_set_aside_age_seconds", what, age)]


def _deliveries() -> list[Gauge]:
    gauges = []
    for found in backlog.backlogs(at=clock.now()):
        labels = (("kind", found.kind),)
        gauges += [
            Gauge("deliveries_waiting", "Unconfirmed deliveries.", found.waiting, labels),
            Gauge("deliveries_failing", "Unconfirmed deliveries that have failed.", found.failing, labels),
            Gauge(
                "deliveries_late_seconds",
                "Since the oldest unconfirmed delivery was due, or failed for the first time.",
                found.late_seconds,
                labels,
            ),
        ]
    return gauges


def _heartbeats() -> list[Gauge]:
    gauges = []
    for kind, within in _WITHIN.items():
        found = heartbeats.latest(kind=kind, within=within)
        labels = (("kind", kind.value),)
        gauges.append(Gauge("processes", "Processes seen lately, without the web's.", found.running, labels))
        if found.age_seconds is not None:
            gauges.append(
                Gauge("heartbeat_age_seconds", "Since the latest heartbeat.", found.age_seconds, labels)
            )
    return gauges
