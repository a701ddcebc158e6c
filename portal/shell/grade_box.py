"""The continuity grade of an organization is shown in one box: a word, and the facts under it, the unmet first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from delegation.continuity_grades import queries
from delegation.continuity_grades.queries import AdminFacts, Grade, GradeFacts
from portal.wording import dates, grade_facts
from portal.wording.grade_facts import FactLine


@dataclass(frozen=True, slots=True)
class GradeBox:
    """Describes the grade for shell/_grade.html."""

    word: str
    is_good: bool
    facts: Sequence[FactLine]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grading:
    """Holds the grade as read, with the first admins by name, and the reader who is one."""

    facts: GradeFacts
    admins: Sequence[AdminFacts]

    def box(self, clock: dates.Clock) -> GradeBox:
        """Return the box."""
        found = self.facts
        return GradeBox(
            word=grade_facts.GRADES[found.grade](),
            is_good=found.grade is Grade.GOOD,
            facts=grade_facts.facts(found, self.admins, clock),
            note=grade_facts.history(found, clock),
        )


def load(*, organization: uuid.UUID, clock: dates.Clock, reader: uuid.UUID | None = None) -> Grading:
    """Read the grade and the admins; `reader` is a membership. Two statements."""
    return Grading(
        queries.facts_of(organization=organization, at=clock.now),
        queries.admins_of(organization=organization, at=clock.now, reader=reader),
    )
