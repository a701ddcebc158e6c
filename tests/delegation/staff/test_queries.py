"""Who had which staff right on a day, as owners and auditors see it within their scope."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.foundation.actor import Actor
from delegation.staff import commands, queries
from delegation.staff.queries import StaffRightView
from tests.fixtures.staff_rights import Staff, hired
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
DAY = dt.timedelta(days=1)
TICK = dt.timedelta(microseconds=1)


def rights_seen(actor: Actor, begin: dt.datetime, end: dt.datetime) -> list[StaffRightView]:
    return queries.rights_between(actor=actor, begin=begin, end=end, at=clock.now())


def names(actor: Actor) -> set[tuple[str, str, str, str]]:
    at = clock.now()
    return {(one.name, one.role, one.unit, one.organization) for one in rights_seen(actor, at, at + TICK)}


OTSO = ("Otso Rantanen", "owner", "", "")
SANNA = ("Sanna Heikkilä", "support", "Kivisalo", "")
SIIRI = ("Siiri Support", "support", "", "Tamm OÜ")
MAARJA = ("Maarja Kuusk", "owner", "Kivisalo Eesti", "")


def test_reader_sees_the_rights_within_the_own_scope(world: World, staff: Staff) -> None:
    sanna = staff.hire("Sanna Heikkilä", "support", unit=staff.kivisalo)
    staff.hire("Siiri Support", "support", organization=staff.tamm)
    maarja = staff.hire("Maarja Kuusk", "owner", unit=staff.eesti)
    anna = staff.hire("Anna Auditor", "auditor", organization=staff.tamm)
    auditor = ("Anna Auditor", "auditor", "", "Tamm OÜ")
    assert names(staff.owner) == {OTSO, SANNA, SIIRI, MAARJA, auditor}
    assert names(maarja) == {SIIRI, MAARJA, auditor}
    assert names(anna) == {SIIRI, auditor}
    for stranger in (sanna, actor_of(world.aino), world.system):
        assert names(stranger) == set()


def test_right_is_listed_on_each_day_that_it_touches(world: World, staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    row = staff.give(user, "support", unit=staff.kivisalo)
    move_clock(DAY.total_seconds())
    commands.end(actor=staff.owner, rights=[row], reason="left the team")
    row.refresh_from_db()
    assert row.valid_until is not None
    days = {
        "before": (row.valid_from - DAY, row.valid_from),
        "first instant": (row.valid_from - DAY, row.valid_from + TICK),
        "last instant": (row.valid_until - TICK, row.valid_until + DAY),
        "after": (row.valid_until, row.valid_until + DAY),
    }
    found = {
        name for name, day in days.items() if user.pk in {one.user for one in rights_seen(staff.owner, *day)}
    }
    assert found == {"first instant", "last instant"}
    (view,) = [one for one in rights_seen(staff.owner, *days["last instant"]) if one.user == user.pk]
    assert (view.given_by, view.is_active, view.row.id) == ("Otso Rantanen", True, row.id)


@pytest.mark.parametrize("size", [1, 3])
def test_list_takes_three_statements(staff: Staff, size: int) -> None:
    for number in range(size):
        staff.hire(f"Sanna{number} Heikkilä", "support", unit=staff.eesti)
    at = clock.now()
    with CaptureQueriesContext(connection) as seen:
        assert len(queries.rights_between(actor=staff.owner, begin=at, end=at + DAY, at=at)) == size + 1
    assert len(seen) == 3
