"""What was used once stays used: at the same moment, after a crash, and for SQL of the application's role."""

import psycopg
import pytest
from django.db import Error, connection, transaction

from portal.operations import one_time
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.world import World, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("world")]


def test_text_is_used_once_for_each_kind_also_at_the_same_moment() -> None:
    answers = run_concurrently(*[lambda: one_time.use("a", "text", seconds=60)] * 4)
    assert sorted(map(str, answers)) == ["False", "False", "False", "True"]
    assert one_time.is_used("a", "text")
    assert not one_time.is_used("b", "text")
    assert one_time.use("b", "text", seconds=60)


def test_sql_of_the_application_brings_nothing_back_before_its_end(world: World) -> None:
    del world
    assert one_time.use("a", "text", seconds=60)
    for statement in ("DELETE FROM portal_onetime", "UPDATE portal_onetime SET expires = now()"):
        with (
            pytest.raises(Error, match="keeps what is used"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    move_clock(3661)
    assert one_time.use("a", "other", seconds=60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM portal_onetime")
        assert cursor.fetchone() == (1,), "an ended row goes with the next use"


def test_table_survives_a_crash(owner: psycopg.Connection) -> None:
    row = owner.execute("SELECT relpersistence FROM pg_class WHERE relname = 'portal_onetime'").fetchone()
    assert row == ("p",)
