"""A decision changes the access of its line, and the last one completes the review, in the same act."""

from collections.abc import Sequence

from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.access import effects as access_effects
from delegation.access import queries as access_queries
from delegation.acts.act import Act
from delegation.authorization import policy
from delegation.authorization.errors import Denied, NotFound, Unchanged
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.people import effects as people_effects
from delegation.reviews import lowering, population, steps
from delegation.reviews.models import AccessReview, ReviewLine
from identity import lifecycle
from identity.memberships.models import Membership
from identity.revocation import Revoked
from identity.service_users import queries as service_users_queries

_BASIS = ReviewLine.Basis
_UNANSWERED = (_BASIS.SILENCE, _BASIS.LAST_ADMIN, _BASIS.NOT_LOWER)


def mark(act: Act, lines: Sequence[ReviewLine], decision: str, basis: str) -> None:
    """Write the same decision of these lines, and record it in the event of each. One statement."""
    decided = {
        "decision": decision,
        "basis": basis,
        "decided_by": act.actor.id,
        "decided_by_kind": act.actor.kind.value,
        "decided_at": act.at,
        "act": act.id,
    }
    ReviewLine.objects.filter(id__in=[line.id for line in lines]).update(**decided)
    for line in lines:
        for name, value in decided.items():
            setattr(line, name, value)
        steps.record_decision(act, line)


def close_if_done(act: Act, review: AccessReview) -> bool:
    """Close the review where no line is open, and record it. One statement while there are open lines."""
    lines = ReviewLine.objects.filter(review=review)
    if lines.filter(decision="").exists():
        act.record(review=str(review.id))
        return False
    states = AccessReview.ReviewState
    is_lapsed = lines.filter(basis__in=_UNANSWERED).exists()
    review.state = states.LAPSED if is_lapsed else states.COMPLETED
    review.closed_by, review.closed_at = act.actor.id, act.at
    review.save(update_fields=["state", "closed_by", "closed_at"])
    act.record(**steps.review_facts(review))
    return True


def carry_out(act: Act, line: ReviewLine, decision: str, *, to_lowest: bool) -> None:
    """Change what this decision changes, and record what it ended. Raises what lowering and ending raise."""
    decisions = ReviewLine.LineDecision
    if decision == decisions.LOWER:
        lower_access(act, line, to_lowest=to_lowest)
    ended = end_access(act, line) if decision == decisions.END else None
    if ended is not None:
        act.record(sign_ins=ended.sign_ins, token_families=ended.token_families, sessions=ended.sessions)


def lower_access(act: Act, line: ReviewLine, *, to_lowest: bool) -> AccessSpec:
    """Lower the member of this line. Raises Unchanged where there is no lower access, and what `assign` raises."""
    member = _member(line)
    held = access_queries.assignments(memberships=[member.id], at=act.at).get(member.id, [])
    access = lowering.lowered(
        [one.access for one in held],
        tier=lowering.lowest_tier(at=act.at),
        found=() if to_lowest else line.frozen["findings"],
    )
    if access is None:
        raise Unchanged
    access_effects.assign(act, [member], access=access)
    return access


def end_access(act: Act, line: ReviewLine) -> Revoked | None:
    """End the access of the member or the program of this line. Raises Denied, LastAdmin and NotFound."""
    if line.membership_id:
        return people_effects.end_members(act, [_member(line)])
    program = population.programs_in_force(ids=[line.subject], at=act.at).get(line.subject)
    if program is None:
        raise NotFound
    if not act.actor.kind == "system" and not policy.OrganizationId(act.organization).decide(
        actor=act.actor, verb=Verb.SERVICE_USER_END, at=act.at
    ):
        raise Denied(reason="no_permission")
    lifecycle.end_service_users(service_users=[program.id], at=act.at)
    act.also(
        Verb.SERVICE_USER_END,
        Subject("service_user", program.id),
        cause=act.verb,
        before={"until": program.valid_until.isoformat()},
        after={"state": "ended"},
        personal={
            "name": PersonalValue(service_users_queries.name_of(service_user=program.id), (program.id,))
        },
    )
    return None


def _member(line: ReviewLine) -> Membership:
    if line.membership is None:
        raise NotFound
    return line.membership
