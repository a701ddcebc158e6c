"""Verification compares the instants of events with the order of sealing, and so names an event that is dated back."""

from audit.foundation import clock
from audit.foundation.snapshot import stream
from audit.log import instants
from audit.models import Installation
from audit.verification.report import Report

# Waiting events come after the sealed ones, as they will be sealed. An event in the future makes no other one late.
_LATE = """
SELECT position, event FROM (
    SELECT position, event, at, max(at) FILTER (WHERE at <= %(latest)s) OVER (
        ORDER BY position NULLS LAST, at ROWS UNBOUNDED PRECEDING
    ) AS newest
    FROM (
        SELECT position, event, at FROM audit_leaf UNION ALL SELECT NULL, event, at FROM audit_inbox
    ) everything
) ordered WHERE at < newest - %(age)s ORDER BY position NULLS LAST
"""


def verify(report: Report) -> None:
    """Name each event that is older than one sealed before it by more than a late commit and a clock's step explain.

    Names also an insert trigger with another clock than this process: only the owner can have moved it.
    """
    if Installation.objects.get().clock_offset != clock.offset():
        report.add("clock of the insert trigger moved", "installation")
    params = {"latest": clock.now() + instants.MAX_STEP, "age": instants.MAX_AGE + instants.MAX_STEP}
    for position, event in stream(_LATE, params):
        report.add("dated back", "leaves" if position else "inbox", position, event)
