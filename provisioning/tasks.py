"""Celery runs these tasks. Due deliveries never wait for them: `deliver` handles those."""

import uuid

import structlog
from celery import shared_task

from audit.foundation import clock
from provisioning import dormant_members, retention
from provisioning.accounts import reconcile
from provisioning.delivery import heartbeats
from provisioning.domain_checks import checks
from provisioning.logout import recovery
from provisioning.targets import exchanges
from provisioning.targets.models import Target

log = structlog.get_logger(__name__)
_NAMED = 50
"""Unknown records that one line of the operator's log names; `manage.py reconcile` names all."""


@shared_task(name="provisioning.reconcile_all")  # type: ignore[untyped-decorator]
def reconcile_all() -> int:
    """Reconcile every available target that is not paused, and the logouts. Returns how many targets."""
    at = clock.now()
    if added := recovery.add_missing(at=at):
        log.warning("reconcile.missing_logouts", count=added)
    available = Target.objects.filter(is_active=True, down_since=None).exclude(paused_until__gt=at)
    targets = list(available.values_list("id", flat=True))
    for target in targets:
        reconcile_one.delay(str(target))
    return len(targets)


@shared_task(name="provisioning.reconcile_one")  # type: ignore[untyped-decorator]
def reconcile_one(target: str) -> int:
    """Reconcile one target. Returns how many accounts differ."""
    try:
        report = reconcile.check(target=Target.objects.get(id=uuid.UUID(target)))
    finally:
        exchanges.store()
    if report.unknown:
        log.warning(
            "reconcile.unknown_records", target=target, count=len(report.unknown), ids=report.unknown[:_NAMED]
        )
    return len(report.differing)


@shared_task(name="provisioning.check_domains")  # type: ignore[untyped-decorator]
def check_domains() -> int:
    """Look up again the DNS records of verified mail domains whose time has come. Returns how many."""
    return checks.check_due()


@shared_task(name="provisioning.process_dormant")  # type: ignore[untyped-decorator]
def process_dormant() -> int:
    """Warn members who have not signed in for long, and suspend those who were warned. Returns how many."""
    return dormant_members.process_due()


@shared_task(name="provisioning.heartbeat")  # type: ignore[untyped-decorator]
def heartbeat() -> None:
    """Record that the timer, the broker and a worker work together."""
    heartbeats.record(kind=heartbeats.ProcessKind.WORKER)


@shared_task(name="provisioning.tidy")  # type: ignore[untyped-decorator]
def tidy() -> int:
    """Delete rows past their retention."""
    return retention.purge()
