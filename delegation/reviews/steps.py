"""Events hold a review and its lines as they are after each step: the tables are rebuilt from them."""

from collections.abc import Sequence
from typing import Any

from delegation.acts.act import Act
from delegation.orphan_cases import case_events
from delegation.reviews.models import AccessReview, ReviewLine

REVIEW = (
    "id", "organization_id", "scope", "role_id", "site_id", "cause", "cause_id", "size", "reviewer_id", "fallback_id",
    "silence", "started_by", "started_by_kind", "started_at", "act", "due_at", "warnings", "warned_at", "state",
    "closed_by", "closed_at",
)  # fmt: skip
FROZEN = ("id", "review_id", "organization_id", "membership_id", "service_user_id", "person")
DECIDED = ("decision", "basis", "decided_by", "decided_by_kind", "decided_at", "act")


def review_facts(review: AccessReview) -> dict[str, Any]:
    """Return what the log says of a review after a step."""
    return {"review": str(review.id), "review_after": case_events.snapshot(review, REVIEW)}


def frozen_facts(lines: Sequence[ReviewLine]) -> dict[str, Any]:
    """Return what the log says of the lines at the start."""
    return {"review_lines": [{**case_events.snapshot(one, FROZEN), "frozen": one.frozen} for one in lines]}


def record_decision(act: Act, line: ReviewLine) -> None:
    """Record the decision in the event of the line's member or program."""
    facts = {"review_line": str(line.id), "review_decision": case_events.snapshot(line, DECIDED)}
    act.record_change(line.subject, before={}, after={}, facts=facts)
