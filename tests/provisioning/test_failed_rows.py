"""Jobs with a limit pass over a row that fails and reach the rows behind it."""

import datetime as dt
from collections.abc import Sequence

import pytest
import structlog

from audit.foundation import clock
from audit.foundation.actor import system
from audit.foundation.errors import Busy
from delegation.departures.queries import DuePlans
from delegation.orphan_cases.commands import opening
from delegation.people import planned_ends
from delegation.people.commands import members as people_commands
from delegation.people.commands import planned_removals
from delegation.reviews import queries as review_queries
from delegation.reviews.commands import settling
from delegation.reviews.models import AccessReview, ReviewLine
from delegation.suspensions import commands as suspensions
from delegation.suspensions import queries as suspension_queries
from identity.organizations.models import Organization
from provisioning import access_reviews, admin_cases, due_removals, suspension_ends
from provisioning.failed_rows import FailedRows
from provisioning.mail import reminders
from tests.fixtures import reviews
from tests.fixtures.orphaned import Rescue
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def remembers_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    for job in (access_reviews, admin_cases, due_removals, suspension_ends):
        monkeypatch.setattr(job, "_failed", FailedRows())


def test_planned_removal_that_fails_holds_up_no_later_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, aino = clock.now(), actor_of(world.aino)
    for member, days in ((world.mikko, 1), (world.olli, 2)):
        planned_removals.plan(actor=aino, memberships=[member], ends_at=at + days * DAY)
    carry_out = planned_ends.carry_out

    def failing(found: DuePlans) -> int:
        if found.memberships == (world.mikko.id,):
            raise RuntimeError
        return carry_out(found)

    monkeypatch.setattr(planned_ends, "carry_out", failing)
    move_clock(3 * DAY.total_seconds())
    assert [due_removals.carry_out() for _ in range(2)] == [1, 0]


def test_suspensions_that_fail_to_end_hide_no_later_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspension_queries, "DUE", 1)
    for organization, days in ((world.koskela, 1), (world.pohjola, 2)):
        until = clock.now() + days * DAY
        suspensions.suspend(actor=system(), organization=organization, reason="overdue", resume_at=until)
    resume = suspensions.resume

    def failing(*, organization: Organization, **rest: object) -> object:
        if organization == world.koskela:
            raise RuntimeError
        return resume(organization=organization, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(suspensions, "resume", failing)
    move_clock(3 * DAY.total_seconds())
    assert [suspension_ends.resume_due() for _ in range(3)] == [0, 1, 0]


def lapsed(world: World) -> AccessReview:
    """A review that was warned twice, and whose time is over."""
    one = reviews.started(world, silence="keep")
    for days in (8, 13):
        move_clock(days * DAY.total_seconds())
        assert access_reviews.take_due().taken == 1
    move_clock(15 * DAY.total_seconds())
    return one


@pytest.mark.parametrize("error", [RuntimeError, Busy])
def test_line_that_fails_holds_up_no_other_and_a_busy_one_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    one = lapsed(world)
    other = reviews.started(world, organization=world.pohjola, reviewer=world.tiina, silence="keep")
    for days in (23, 28):
        move_clock(days * DAY.total_seconds())
        with monkeypatch.context() as patched:
            patched.setattr(review_queries, "undecided", lambda _review: [])
            access_reviews.take_due()
    move_clock(30 * DAY.total_seconds())
    settle, bad = settling.settle_silent, review_queries.undecided(one)[0]

    def failing(*, line: ReviewLine, **rest: object) -> object:
        if line.id == bad.id:
            raise error
        return settle(line=line, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(settling, "settle_silent", failing)
    monkeypatch.setattr(access_reviews, "MOST", 5)
    with structlog.testing.capture_logs() as logged:
        runs = [access_reviews.take_due() for _ in range(5)]
    is_busy = error is Busy
    # A lock on the customer's chain stops its other lines too, for this call, and no other customer's.
    assert reviews.review(other.id).state == "lapsed"
    assert one.lines.filter(decision="").count() == (one.size if is_busy else 1)
    assert [run.has_more for run in runs][-1] is is_busy
    assert [row["event"] for row in logged] == ([] if is_busy else ["access_review.not_settled"])
    monkeypatch.setattr(settling, "settle_silent", settle)
    monkeypatch.setattr(access_reviews, "MOST", 50)
    access_reviews.take_due()
    assert one.lines.filter(decision="").exists() is not is_busy


def test_leaver_whose_line_cannot_be_closed_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = lapsed(world)
    people_commands.remove(actor=actor_of(world.aino), memberships=[world.mikko, world.olli])
    settle, bad = settling.settle_departed, reviews.line_of(one, world.mikko)

    def failing(*, lines: Sequence[ReviewLine], **rest: object) -> object:
        if bad in lines:
            raise RuntimeError
        return settle(lines=lines, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(settling, "settle_departed", failing)
    access_reviews.take_due()
    assert reviews.line_of(one, world.olli).decision == "left"
    assert [row.membership_id for row in one.lines.filter(decision="")] == [world.mikko.id]


@pytest.mark.parametrize("error", [RuntimeError, Busy])
def test_case_that_cannot_be_opened_is_tried_again_when_it_is_busy(
    world: World, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    Rescue(world)
    open_case = opening.open_case

    def failing(**_rest: object) -> object:
        raise error

    monkeypatch.setattr(opening, "open_case", failing)
    with structlog.testing.capture_logs() as logged:
        assert [admin_cases.open_missing() for _ in range(2)] == [0, 0]
    assert [row["event"] for row in logged] == ([] if error is Busy else ["admin_case.not_opened"])
    monkeypatch.setattr(opening, "open_case", open_case)
    assert admin_cases.open_missing() == (1 if error is Busy else 0)


@pytest.mark.parametrize("error", [RuntimeError, Busy])
def test_kind_of_reminder_that_fails_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    calls = list[str]()

    def failing(_at: dt.datetime) -> int:
        calls.append("failing")
        raise error

    def working(_at: dt.datetime) -> int:
        calls.append("working")
        return 2

    monkeypatch.setattr(reminders, "_reminders", [working, failing, working])
    assert reminders.queue_due() == 4
    assert calls == ["working", "failing", "working"]
