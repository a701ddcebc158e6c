"""The deliverer warns reviewers, closes lines without an answer in time, and starts a review after a case."""

import datetime as dt
import time

from audit import installation
from audit.foundation import clock
from audit.foundation.actor import system
from delegation.reviews import queries, rules
from delegation.reviews.commands import settling, starting
from delegation.reviews.commands.starting import ReviewTerms
from delegation.reviews.models import AccessReview
from delegation.reviews.population import ReviewScope
from provisioning.admin_cases import attempt

_EVERY_SECONDS = 300
MOST = 50
"""Steps of one call: each is an act, and deliveries wait meanwhile."""
_DAYS = dt.timedelta(days=14)
"""To answer a review that the system starts."""


class AccessReviews:
    """Takes the steps that are due, from time to time."""

    def __init__(self) -> None:
        self._next_at = time.monotonic() + _EVERY_SECONDS

    def __call__(self) -> int:
        """Return how many steps were taken."""
        if time.monotonic() < self._next_at or installation.is_frozen():
            return 0
        taken = take_due()
        # What is left waits for the next call, so that deliveries go on in between.
        if taken < MOST:
            self._next_at = time.monotonic() + _EVERY_SECONDS
        return taken


def take_due() -> int:
    """Take the steps that are due, up to `MOST`; one that fails holds up no other. Returns how many were taken."""
    at = clock.now()
    taken = follow_cases(at)
    for review in queries.due(at=at):
        if taken >= MOST:
            break
        taken += _step(review, at, most=MOST - taken)
    return taken


def _step(review: AccessReview, at: dt.datetime, *, most: int) -> int:
    """Close the lines of people who left; warn, or do what silence was set to do to at most so many lines."""
    left = queries.departed(review, at=at)
    if not rules.reviewers(organization=review.organization_id, at=at):
        return 0
    taken = int(bool(left) and attempt(lambda: settling.settle_departed(actor=system(), lines=left)))
    if review.warnings < rules.WARNINGS:
        is_due = at >= rules.warns_at(review)
        return taken + int(is_due and attempt(lambda: settling.warn(actor=system(), review=review)))
    if at < rules.lapses_at(review):
        return taken
    return (
        taken
        + sum(
            attempt(lambda line=line: settling.settle_silent(actor=system(), line=line))  # type: ignore[misc]
            for line in queries.undecided(review)[:most]
        )
    )


def follow_cases(at: dt.datetime) -> int:
    """Start a review of everyone where a case of a missing admin was resolved: the new admin answers it."""
    return sum(
        attempt(
            lambda one=one: starting.start(  # type: ignore[misc]
                actor=system(),
                organization=one.organization,
                scope=ReviewScope(),
                terms=ReviewTerms(one.new_admin, None, at + _DAYS, AccessReview.Silence.LOWER),
                cause_id=one.case,
            )
        )
        for one in queries.cases_to_follow(at=at)
    )
