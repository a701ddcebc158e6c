"""The deliverer resumes the organizations whose suspension has a stated end, as soon as it has come."""

import uuid
from collections.abc import Callable

from audit import installation
from audit.foundation import clock
from audit.foundation.actor import Channel, system
from delegation.suspensions import commands, queries
from identity.organizations.models import Suspension
from provisioning.failed_rows import FailedRows

Report = Callable[[uuid.UUID, uuid.UUID], object]
"""Takes the organization and the suspension that has ended."""
_reports: list[Report] = []
_failed = FailedRows()


def register(report: Report) -> None:
    """Let `report` be called once for each organization that is resumed here: the portal writes the mails."""
    if report not in _reports:
        _reports.append(report)


def resume_due() -> int:
    """Resume the organizations whose time has come; one that fails holds up no other. Returns how many."""
    due = queries.due(at=clock.now(), besides=_failed.left_out())
    if not due or installation.is_frozen():
        return 0
    return sum(_attempt(suspension) for suspension in due)


def _attempt(suspension: Suspension) -> int:
    """Resume one organization. Staff, or another deliverer, may be first."""
    return _failed.attempt_unless_busy(
        suspension.id, lambda: _resume(suspension), event="suspension.not_ended"
    )


def _resume(suspension: Suspension) -> int:
    actor, organization = system(channel=Channel.JOB), suspension.organization
    commands.resume(actor=actor, organization=organization, suspension=suspension.id)
    for report in _reports:
        report(organization.id, suspension.id)
    return 1
