"""The deliverer resumes the organizations whose suspension has a stated end, as soon as it has come."""

import uuid
from collections.abc import Callable

import structlog
from django.db import connection

from audit import installation
from audit.foundation import clock
from audit.foundation.actor import Channel, system
from delegation.authorization.errors import NotSuspended
from delegation.suspensions import commands, queries
from identity.organizations.models import Suspension

log = structlog.get_logger(__name__)

Report = Callable[[uuid.UUID, uuid.UUID], object]
"""Takes the organization and the suspension that has ended."""
_reports: list[Report] = []


def register(report: Report) -> None:
    """Let `report` be called once for each organization that is resumed here: the portal writes the mails."""
    if report not in _reports:
        _reports.append(report)


def resume_due() -> int:
    """Resume the organizations whose time has come; one that fails holds up no other. Returns how many."""
    due = queries.due(at=clock.now())
    if not due or installation.is_frozen():
        return 0
    return sum(_resume(suspension) for suspension in due)


def _resume(suspension: Suspension) -> bool:
    """Resume one organization. Raises where the connection is lost. Staff, or another deliverer, may be first."""
    actor, organization = system(channel=Channel.JOB), suspension.organization
    try:
        commands.resume(actor=actor, organization=organization, suspension=suspension.id)
        for report in _reports:
            report(organization.id, suspension.id)
    except NotSuspended:
        return False
    except Exception:
        if not connection.is_usable():
            raise
        log.exception("suspension.not_ended", organization=str(organization.id))
        return False
    return True
