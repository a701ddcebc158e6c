"""Jobs with a limit pass over a row that fails and reach the rows behind it."""

import datetime as dt

import pytest

from audit.foundation import clock
from audit.foundation.actor import system
from delegation.departures.queries import DuePlans
from delegation.people import planned_ends
from delegation.people.commands import planned_removals
from delegation.suspensions import commands as suspensions
from delegation.suspensions import queries as suspension_queries
from identity.organizations.models import Organization
from provisioning import due_removals, suspension_ends
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)


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
