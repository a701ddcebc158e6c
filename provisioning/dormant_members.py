"""A job warns the members who have not signed in for long, and suspends those who were warned twice.

The last working admins are left: they keep their access, and support's worklist has the customer.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Sequence

import structlog
from django.conf import settings

from audit import installation
from audit.foundation import clock
from audit.foundation.actor import Channel, system
from audit.foundation.errors import DomainError
from delegation.dormancy import commands, queries, rules
from delegation.dormancy.queries import DueStep, WarnedMember
from identity.memberships.models import Membership
from provisioning import failed_rows, worker_stop

BATCH = 200
"""Organizations that one statement reads."""
Report = Callable[[Sequence[WarnedMember]], int]
"""Mails the members who were warned, and returns how many."""
log = structlog.get_logger(__name__)
_reports: list[Report] = []


def register(report: Report) -> None:
    """Let `report` mail the members who were warned."""
    if report not in _reports:
        _reports.append(report)


def process_due() -> int:
    """Take every step that is due, until the worker stops. Returns how many members; 0 without a rule."""
    if not settings.DORMANT_AFTER or installation.is_frozen():
        return 0
    total, after = 0, None
    while organizations := queries.next_organizations(after=after, size=BATCH):
        at, after = clock.now(), organizations[-1]
        for step in queries.due_steps(organizations=organizations, at=at):
            if worker_stop.is_announced():
                return total
            total += _attempt(step, at)
    return total


def _attempt(step: DueStep, at: dt.datetime) -> int:
    """Take one step; a failure holds up no other member."""
    return failed_rows.in_halves(
        step.members,
        lambda members: _take(dataclasses.replace(step, members=members), at),
        event="dormancy.failed",
    )


def _take(step: DueStep, at: dt.datetime) -> int:
    """Warn or suspend. A member who signed in meanwhile makes the others wait until the next run."""
    try:
        return _suspend(step) if step.number == rules.SUSPENSION else _warn(step, at)
    except DomainError as refusal:
        log.info("dormancy.waits", organization=str(step.organization), code=refusal.code)
    return 0


def _warn(step: DueStep, at: dt.datetime) -> int:
    commands.warn(actor=system(channel=Channel.JOB), memberships=step.members, number=step.number)
    warned = queries.warned_in(members=_ids(step.members), since=at)
    # The warnings stand already: a mail that cannot be written takes none of the others with it.
    for report in _reports:
        failed_rows.in_halves(warned, report, event="dormancy.not_mailed")
    return len(warned)


def _suspend(step: DueStep) -> int:
    commands.suspend(actor=system(channel=Channel.JOB), memberships=step.members)
    return len(step.members)


def _ids(members: Sequence[Membership]) -> list[uuid.UUID]:
    return [row.id for row in members]
