"""The SQL functions of half-open intervals, and their ORM expressions."""

import datetime as dt
from itertools import product

import pytest
from django.db import connection

from audit.foundation import clock
from audit.foundation.intervals import InForce, NotEnded
from identity.memberships.models import MembershipPeriod
from tests.fixtures.world import World, bypassing_commands

DAY = dt.timedelta(days=1)


def evaluate(function: str, *args: dt.datetime | None) -> bool:
    arguments = ", ".join(["%s::timestamptz"] * len(args))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({arguments})", args)
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
def test_interval_at_its_ends_is_half_open() -> None:
    begin = clock.now()
    for until, at in product((None, begin + DAY), (begin - DAY, begin, begin + DAY, begin + 2 * DAY)):
        ended = until is not None and at >= until
        assert evaluate("not_ended", until, at) is not ended
        assert evaluate("in_force", begin, until, at) is (begin <= at and not ended)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("days", [-1, 0, 1, 2])
@pytest.mark.parametrize("closed", [False, True])
def test_orm_expressions_at_each_boundary_equal_the_sql_functions(
    world: World, *, days: int, closed: bool
) -> None:
    period = MembershipPeriod.objects.get(membership=world.vilma)
    until, at = period.valid_from + DAY if closed else None, period.valid_from + days * DAY
    with bypassing_commands():
        MembershipPeriod.objects.filter(id=period.id).update(valid_until=until)
    row = MembershipPeriod.objects.filter(id=period.id)
    assert row.filter(InForce(at)).exists() is evaluate("in_force", period.valid_from, until, at)
    assert row.filter(NotEnded(at)).exists() is evaluate("not_ended", until, at)


@pytest.mark.django_db
def test_sql_functions_in_a_join_are_inlined() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (VERBOSE) SELECT a.id FROM identity_membership_at(now()) m"
            " JOIN delegation_assignment_at(now()) a ON a.membership_id = m.id WHERE m.in_force"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Function Scan" not in plan
    assert "in_force(" not in plan
