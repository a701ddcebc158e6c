"""A line is decided once, by another person whose turn it is, and as it was shown."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.foundation.actor import Actor, ActorKind
from delegation.access import queries as access_queries
from delegation.access.queries import AssignmentView
from delegation.authorization import authorities
from delegation.authorization.errors import AccessChanged, Denied, InvalidInput, ReviewOver, Unchanged
from delegation.authorization.verbs import Verb
from delegation.reviews import population
from delegation.reviews.models import AccessReview, ReviewLine
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership

SHORTEST, LONGEST = dt.timedelta(days=3), dt.timedelta(days=90)
"""Of the time to answer."""
PAUSE = dt.timedelta(days=1)
"""Between two warnings, and between the second one and what silence does."""
WARNINGS = 2


@dataclass(frozen=True, slots=True)
class Seats:
    """Names who may decide now; None for a seat whose holder can no longer do so."""

    reviewer: uuid.UUID | None
    fallback: uuid.UUID | None
    is_escalated: bool

    def may_decide(self, user: uuid.UUID, *, about: uuid.UUID) -> bool:
        """Return whether this admin decides about this person: never about themself.

        The fallback decides about the reviewer, and about everyone after the second warning or in the place of a
        reviewer who cannot; where there is no fallback, any other admin does.
        """
        if user == about:
            return False
        if user == self.reviewer:
            return True
        stands_in = self.is_escalated or self.reviewer is None or about == self.reviewer
        return stands_in and self.fallback in {user, None, about}


def seats(review: AccessReview, *, at: dt.datetime) -> Seats:
    """Return who can decide. One statement."""
    users = {one.user_id for one in (review.reviewer, review.fallback) if one is not None}
    own = authorities.authorities_of_people(users=users, at=at, organization=review.organization_id)
    able = {
        user
        for user, held in own.items()
        if any(one.all_sites and Verb.REVIEW_DECIDE.value in one.verbs for one in held)
    }
    fallback = review.fallback.user_id if review.fallback else None
    return Seats(
        reviewer=review.reviewer.user_id if review.reviewer.user_id in able else None,
        fallback=fallback if fallback in able else None,
        is_escalated=review.warnings >= WARNINGS,
    )


def may_decide(actor: Actor, lines: Sequence[ReviewLine], *, at: dt.datetime) -> bool:
    """Return whether this person may decide about all of these lines, besides the permission. One statement."""
    found = seats(lines[0].review, at=at)
    return actor.kind is ActorKind.PERSON and all(
        found.may_decide(actor.id, about=line.person) for line in lines
    )


def require_answerable(review: AccessReview, *, at: dt.datetime) -> None:
    """Raise Unchanged where no admin can answer, so that silence is no answer. Two statements."""
    if not reviewers(organization=review.organization_id, at=at):
        raise Unchanged


def require_open(review: AccessReview) -> None:
    """Raise ReviewOver for a review that has ended."""
    if review.state != AccessReview.ReviewState.OPEN:
        raise ReviewOver(state=review.state)


def require_undecided(lines: Sequence[ReviewLine]) -> None:
    """Raise ReviewOver for a line that was decided."""
    for line in lines:
        require_open(line.review)
        if line.decision:
            raise ReviewOver(state=line.decision)


def digests(lines: Sequence[ReviewLine], *, at: dt.datetime) -> dict[uuid.UUID, str]:
    """Return what identifies the present access of each line; empty for an access that has ended. Three statements."""
    members = [line.membership_id for line in lines if line.membership_id]
    states = authorities.period_states(ids=members, at=at)
    held = access_queries.assignments(memberships=members, at=at)
    programs = population.programs_in_force(
        ids=[line.service_user_id for line in lines if line.service_user_id], at=at
    )
    return {line.id: _digest(line, states, held, programs) for line in lines}


def _digest(
    line: ReviewLine,
    states: Mapping[uuid.UUID, str],
    held: Mapping[uuid.UUID, Sequence[AssignmentView]],
    programs: Mapping[uuid.UUID, object],
) -> str:
    if line.service_user_id:
        return "program" if line.service_user_id in programs else ""
    member = line.membership_id
    if member is None or states.get(member, "ended") == "ended":
        return ""
    parts = [states[member], *sorted(str(one.id) for one in held.get(member, ()))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def require_as_shown(lines: Sequence[ReviewLine], shown: Mapping[uuid.UUID, str], *, at: dt.datetime) -> None:
    """Raise AccessChanged with the lines whose access is another than the reviewer was shown."""
    now = digests(lines, at=at)
    changed = [str(line.id) for line in lines if not now[line.id] or now[line.id] != shown.get(line.id)]
    if changed:
        raise AccessChanged(members=changed)


def require_reviewers(
    reviewer: Membership, fallback: Membership | None, *, organization: uuid.UUID, at: dt.datetime
) -> None:
    """Raise InvalidInput unless both are present people of the organization who may decide, and two people."""
    named = [("reviewer", reviewer), *([("fallback", fallback)] if fallback else [])]
    if fallback is not None and fallback.id == reviewer.id:
        raise InvalidInput(field="fallback", problem="unknown")
    able = reviewers(organization=organization, at=at)
    for name, one in named:
        if one.id not in able:
            raise InvalidInput(field=name, problem="unknown")


def reviewers(*, organization: uuid.UUID, at: dt.datetime) -> list[uuid.UUID]:
    """List the memberships of those who may review: active people with the permission for all sites. Two statements."""
    roles = [
        role
        for role, version in authorities.versions(at).items()
        if Verb.REVIEW_DECIDE.value in version.verbs
    ]
    held = authorities.in_force(at).filter(organization=organization, role__in=roles, all_sites=True)
    rows = memberships_queries.active(at=at).filter(
        organization=organization, kind=Membership.Kind.PERSON, id__in=held.values("membership")
    )
    return list(rows.order_by("sort_key", "id").values_list("id", flat=True))


def require_due(due_at: dt.datetime, *, at: dt.datetime) -> None:
    """Raise InvalidInput unless there is enough time to answer and to warn twice, and an end in sight."""
    if not SHORTEST <= due_at - at <= LONGEST:
        raise InvalidInput(field="due", problem="invalid")


def warns_at(review: AccessReview) -> dt.datetime:
    """Return when the next warning is due: at the half of the time, and after five sixths of it."""
    share = (1, 2) if review.warnings == 0 else (5, 6)
    planned = review.started_at + (review.due_at - review.started_at) * share[0] / share[1]
    return planned if review.warned_at is None else max(planned, review.warned_at + PAUSE)


def lapses_at(review: AccessReview) -> dt.datetime:
    """Return when silence is an answer: at the due date, and not before a day after the second warning."""
    return (
        max(review.due_at, (review.warned_at or review.due_at) + PAUSE) if review.warnings else review.due_at
    )


def require_stoppable(review: AccessReview, actor: Actor) -> None:
    """Raise Denied for a customer's admin and a review that the customer's people did not start."""
    if actor.kind is not ActorKind.STAFF and review.started_by_kind != ActorKind.PERSON:
        raise Denied(reason="not_your_review")
