"""An admin or staff start a review and set its terms; stopping it needs a reason."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from audit.foundation import ids
from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import OrganizationSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.models.roles import Role
from delegation.authorization.verbs import Verb
from delegation.reviews import population, rules, steps
from delegation.reviews.models import AccessReview, ReviewLine
from delegation.reviews.population import ReviewedAccess, ReviewScope
from delegation.reviews.subjects import ReviewSet
from identity.memberships.models import Membership
from identity.organizations.models import Organization, Site


@dataclass(frozen=True, slots=True)
class ReviewStarted:
    """Names the review, and counts its lines."""

    review: uuid.UUID
    size: int


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """Holds what is set at the start and said up front."""

    reviewer: Membership
    fallback: Membership | None
    due_at: dt.datetime
    silence: str


@command
def start(
    *,
    actor: Actor,
    organization: Organization,
    scope: ReviewScope,
    terms: ReviewTerms,
    cause_id: uuid.UUID | None = None,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[ReviewStarted]:
    """Start a review: who is in it, and what each holds, is frozen now.

    `cause_id` is the orphan case after which the system starts it. Raises InvalidInput besides the errors of every act.
    """
    reason = input_cleaning.reason(reason)
    on = OrganizationSet(organization)
    with acting(actor, Verb.REVIEW_START, on=on, idempotency_key=idempotency_key) as act:
        _check(act, scope, terms)
        found = population.subjects(organization=act.organization, scope=scope, at=act.at)
        if not found:
            raise InvalidInput(field="scope", problem="missing")
        review = _insert(act, scope, terms, size=len(found), cause_id=cause_id)
        _freeze(act, review, found)
        act.record(reason=reason)
        return act.set_result(ReviewStarted(review.id, review.size))


def _freeze(act: Act, review: AccessReview, found: Sequence[ReviewedAccess]) -> None:
    lines = [
        ReviewLine(
            id=ids.uuid7(),
            review=review,
            organization_id=act.organization,
            membership_id=one.membership,
            service_user_id=one.service_user,
            person=one.person,
            frozen=one.frozen,
        )
        for one in found
    ]
    ReviewLine.objects.bulk_create(lines)
    act.record(**steps.review_facts(review), **steps.frozen_facts(lines))


def _check(act: Act, scope: ReviewScope, terms: ReviewTerms) -> None:
    rules.require_due(terms.due_at, at=act.at)
    rules.require_reviewers(terms.reviewer, terms.fallback, organization=act.organization, at=act.at)
    if terms.silence not in AccessReview.Silence.values:
        raise InvalidInput(field="silence", problem="unknown")
    kinds = AccessReview.Scope
    is_known = (scope.role is not None, scope.site is not None) == (
        scope.kind == kinds.TIER,
        scope.kind == kinds.SITE,
    )
    if scope.role is not None:
        is_known &= Role.objects.filter(id=scope.role).exists()
    if scope.site is not None:
        is_known &= Site.objects.filter(id=scope.site, organization=act.organization).exists()
    if not is_known or scope.kind not in kinds.values:
        raise InvalidInput(field="scope", problem="unknown")


def _insert(
    act: Act, scope: ReviewScope, terms: ReviewTerms, *, size: int, cause_id: uuid.UUID | None
) -> AccessReview:
    causes = AccessReview.ReviewCause
    return AccessReview.objects.create(
        id=ids.uuid7(),
        organization_id=act.organization,
        scope=scope.kind,
        role_id=scope.role,
        site_id=scope.site,
        cause=causes.ORPHAN_CASE if cause_id else causes.STARTED,
        cause_id=cause_id,
        size=size,
        reviewer=terms.reviewer,
        fallback=terms.fallback,
        silence=terms.silence,
        started_by=act.actor.id,
        started_by_kind=act.actor.kind.value,
        started_at=act.at,
        act=act.id,
        due_at=terms.due_at,
    )


@command
def cancel(
    *, actor: Actor, review: AccessReview, reason: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Stop a review; what was decided stays. A customer does not stop a review that the supplier started.

    Raises ReviewOver and InvalidInput besides the errors of every act.
    """
    reason = input_cleaning.reason(reason)
    with acting(actor, Verb.REVIEW_CANCEL, on=ReviewSet(review), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_open(row)
        rules.require_stoppable(row, actor)
        if not reason:
            raise InvalidInput(field="reason", problem="missing")
        row.state, row.closed_by, row.closed_at = AccessReview.ReviewState.CANCELLED, actor.id, act.at
        row.save(update_fields=["state", "closed_by", "closed_at"])
        act.record(reason=reason, **steps.review_facts(row))
    return act.outcome
