"""A fall of the grade is noticed once: in the organization's log, and by a mail of the portal to the admins."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.foundation import clock
from audit.foundation.actor import Channel, system
from audit.log import observations
from audit.log.ledger import Subject
from audit.log.observations import EventBatch
from delegation.authorization.event_types import Observation
from delegation.authorization.verbs import On
from delegation.continuity_grades import queries
from delegation.continuity_grades.models import ContinuityWatch
from delegation.continuity_grades.queries import Grade, GradeFacts


@dataclass(frozen=True, slots=True)
class Fall:
    """Describes a fall: the grade before, and the facts of the present one."""

    before: Grade
    facts: GradeFacts
    at: dt.datetime


Report = Callable[[Sequence[Fall]], object]
"""Queues the mails about falls to a grade at risk, in the transaction that notices them."""


def examine(*, organizations: Sequence[uuid.UUID], report: Report) -> int:
    """Compare the grades of these organizations with those seen last, and return how many fell.

    Another process waits meanwhile. An organization that is seen for the first time has not fallen.
    """
    with observations.recording(actor=system(channel=Channel.JOB)) as batch:
        at = clock.now()
        found = queries.grades_of(organizations=organizations, at=at)
        ids = [one.organization.id for one in found]
        rows = ContinuityWatch.objects.select_for_update().order_by("organization")
        known = {row.organization_id: row for row in rows.filter(organization__in=ids)}
        new = [one for one in found if one.organization.id not in known]
        ContinuityWatch.objects.bulk_create(
            [ContinuityWatch(organization_id=one.organization.id, grade=one.grade.value) for one in new],
            ignore_conflicts=True,
        )
        falls = _update(found, known, at)
        for fall in falls:
            _record(batch, fall)
        report([fall for fall in falls if fall.facts.grade.is_at_risk])
    return len(falls)


def _update(
    found: Sequence[GradeFacts], known: dict[uuid.UUID, ContinuityWatch], at: dt.datetime
) -> list[Fall]:
    """Note the present grades, and return the falls."""
    changed, falls = list[ContinuityWatch](), list[Fall]()
    for facts in found:
        row = known.get(facts.organization.id)
        if row is None or row.grade == facts.grade.value:
            continue
        before = Grade(row.grade)
        has_fallen = facts.grade.rank < before.rank
        row.grade = facts.grade.value
        row.fell_from, row.fell_at = (before.value, at) if has_fallen else ("", None)
        row.asked_at = at if has_fallen and facts.grade.is_at_risk and facts.admins else None
        changed.append(row)
        if has_fallen:
            falls.append(Fall(before, facts, at))
    ContinuityWatch.objects.bulk_update(changed, ["grade", "fell_from", "fell_at", "asked_at"])
    return falls


def _record(batch: EventBatch, fall: Fall) -> None:
    organization = fall.facts.organization.id
    batch.add(
        Observation.CONTINUITY_FELL,
        subject=Subject(On.ORGANIZATION.value, organization),
        chain=organization,
        organization=organization,
        facts={"grade": fall.facts.grade.value, "grade_before": fall.before.value},
    )
