"""The deliverer warns reviewers, closes lines without an answer in time, and starts a review after a case."""

import contextlib
import datetime as dt
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from audit import installation
from audit.foundation import clock
from audit.foundation.actor import system
from audit.foundation.errors import Busy
from delegation.reviews import queries, rules
from delegation.reviews.commands import settling, starting
from delegation.reviews.commands.starting import ReviewTerms
from delegation.reviews.models import AccessReview, ReviewLine
from delegation.reviews.population import ReviewScope
from delegation.reviews.queries import CaseToFollow
from provisioning.failed_rows import FailedRows

_EVERY_SECONDS = 300
MOST = 50
"""Steps of one call: each is an act, and deliveries wait meanwhile."""
_DAYS = dt.timedelta(days=14)
"""To answer a review that the system starts."""
_failed = FailedRows()


class AccessReviews:
    """Takes the steps that are due, from time to time."""

    def __init__(self) -> None:
        self._next_at = time.monotonic() + _EVERY_SECONDS

    def __call__(self) -> int:
        """Return how many steps were taken."""
        if time.monotonic() < self._next_at or installation.is_frozen():
            return 0
        run = take_due()
        # What is left waits for the next call, so that deliveries go on in between.
        if not run.has_more:
            self._next_at = time.monotonic() + _EVERY_SECONDS
        return run.taken


@dataclass(slots=True)
class Run:
    """Takes the steps of one call, up to `MOST`, each by itself: one that fails is left out for some minutes."""

    taken: int = 0
    tried: int = 0
    is_busy: bool = False
    """Whether a lock was held, so that the next call tries again."""

    @property
    def is_full(self) -> bool:
        """Return whether no further step is taken in this call."""
        return self.tried >= MOST

    @property
    def has_more(self) -> bool:
        """Return whether the next call comes at once."""
        return self.is_full or self.is_busy

    def attempt(self, row: uuid.UUID, step: Callable[[], object], *, event: str) -> bool:
        """Take a step for this row, and return whether it was taken. Raises Busy: so do the others of the customer."""
        self.tried += 1
        try:
            taken = _failed.attempt(row, lambda: int(step() is not None), event=event)
        except Busy:
            self.is_busy = True
            raise
        self.taken += taken
        return bool(taken)


def take_due() -> Run:
    """Take the steps that are due, up to `MOST`; one that fails holds up no other."""
    run, at = Run(), clock.now()
    for case in queries.cases_to_follow(at=at, besides=_failed.left_out()):
        if run.is_full:
            break
        with contextlib.suppress(Busy):
            run.attempt(case.case, partial(_follow, case, at), event="access_review.not_started")
    for review in queries.due(at=at, besides=_failed.left_out()):
        if run.is_full:
            break
        # Reading one review may fail, too; its steps are tried one by one.
        _failed.attempt_unless_busy(
            review.id, partial(_step, run, review, at), event="access_review.not_read"
        )
    return run


def _step(run: Run, review: AccessReview, at: dt.datetime) -> int:
    """Close the lines of people who left; warn, or do what silence was set to do."""
    left = queries.departed(review, at=at)
    if not rules.reviewers(organization=review.organization_id, at=at):
        return 0
    _settle_departed(run, left)
    if review.warnings < rules.WARNINGS:
        if at >= rules.warns_at(review):
            warn = partial(settling.warn, actor=system(), review=review)
            run.attempt(review.id, warn, event="access_review.not_warned")
    elif at >= rules.lapses_at(review):
        _settle_silent(run, review)
    return 0


def _settle_departed(run: Run, lines: Sequence[ReviewLine]) -> None:
    """Close these lines together; where that fails, each by itself."""
    event = "access_review.not_settled"
    known = set(_failed.left_out())
    lines = [line for line in lines if line.id not in known]
    if not lines or run.attempt(lines[0].id, partial(_depart, lines), event=event) or len(lines) == 1:
        return
    for line in lines:
        if not run.is_full:
            run.attempt(line.id, partial(_depart, [line]), event=event)


def _depart(lines: Sequence[ReviewLine]) -> object:
    return settling.settle_departed(actor=system(), lines=lines)


def _settle_silent(run: Run, review: AccessReview) -> None:
    known = set(_failed.left_out())
    for line in queries.undecided(review):
        if run.is_full:
            break
        if line.id not in known:
            silence = partial(settling.settle_silent, actor=system(), line=line)
            run.attempt(line.id, silence, event="access_review.not_settled")


def _follow(case: CaseToFollow, at: dt.datetime) -> object:
    """Start a review of everyone where a case of a missing admin was resolved: the new admin answers it."""
    return starting.start(
        actor=system(),
        organization=case.organization,
        scope=ReviewScope(),
        terms=ReviewTerms(case.new_admin, None, at + _DAYS, AccessReview.Silence.LOWER),
        cause_id=case.case,
    )
