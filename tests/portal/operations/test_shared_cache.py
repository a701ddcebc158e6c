"""The shared cache: what callers of Django's cache expect, and that nothing read from it is run."""

import base64
import datetime as dt
import pickle
import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DataError, connection

from audit.foundation import clock
from tests.fixtures import concurrency
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("value", [0, 1.5, True, None, "text", [1.25, 2.5], {"a": [1]}])
def test_value_is_read_as_it_was_stored(value: Any) -> None:
    cache.set("key", value, 60)
    assert cache.get("key", "missing") == value


def test_missing_and_expired_values_give_the_default() -> None:
    cache.set("expired", 1, 60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_cache SET expires = expires - interval '1 day'")
    assert (cache.get("expired", "default"), cache.get("missing", "default")) == ("default", "default")
    assert not cache.touch("expired", 60)
    assert not cache.delete("expired")
    with pytest.raises(ValueError, match="not found"):
        cache.incr("expired")


def test_value_without_an_end_stays() -> None:
    cache.set("key", 1, None)
    cache.set("other", 1, 60)
    assert cache.get("key") == 1
    assert not cache.add("key", 2, 60)


def test_add_keeps_a_live_value_and_replaces_an_expired_one() -> None:
    assert cache.add("key", 1, 60)
    assert not cache.add("key", 2, 60)
    assert cache.get("key") == 1
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_cache SET expires = expires - interval '1 day'")
    assert cache.add("key", 3, 60)
    assert cache.get("key") == 3


def test_touch_and_delete_report_whether_there_was_a_value() -> None:
    cache.set("key", 1, 1)
    assert cache.touch("key", 3600)
    with connection.cursor() as cursor:
        cursor.execute("SELECT expires FROM portal_cache")
        (until,) = cursor.fetchone() or (clock.wall(),)
    assert until > clock.wall() + dt.timedelta(minutes=59)
    assert cache.delete("key")
    assert not cache.delete("key")


def test_many_values_are_cleared_at_once() -> None:
    cache.set_many({"a": 1, "b": 2}, 60)
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    cache.clear()
    assert cache.get_many(["a", "b"]) == {}


@pytest.mark.parametrize("value", ['"x"', "{}", "[]", "null", "true", "[1, 2]"])
def test_counter_that_is_no_number_counts_from_zero(value: str) -> None:
    """One row of SQL as the application's role would otherwise fail every sign-in that is counted there."""
    cache.set("count", 5, 60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_cache SET value = %s::jsonb", [value])
    assert [cache.incr("count"), cache.incr("count")] == [1, 2]


def test_concurrent_additions_are_all_counted() -> None:
    cache.set("count", 0, 60)
    start = threading.Barrier(2)

    def add() -> None:
        start.wait()
        for _ in range(50):
            cache.incr("count")

    concurrency.run_concurrently(add, add)
    assert cache.get("count") == 100


def test_expired_rows_are_removed_and_live_ones_never() -> None:
    for number in range(20):
        cache.set(f"old {number}", 1, 60)
    cache.set("live", 1, 3600)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE portal_cache SET expires = expires - interval '1 day' WHERE cache_key LIKE '%%old%%'"
        )
    for number in range(10):
        cache.set("new", number, 60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM portal_cache")
        assert cursor.fetchone() == (2,)
    assert cache.get("live") == 1


SPRUNG: list[bool] = []


def spring() -> None:
    SPRUNG.append(True)


class Trap:
    """Calls `spring` where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (spring, ())


def test_pickle_in_the_table_does_nothing(world: World) -> None:
    pickled = base64.b64encode(pickle.dumps(Trap())).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_cache VALUES (%s, to_jsonb(%s::text), '9000-01-01')",
            [cache.make_key("key"), pickled],
        )
    assert cache.get("key") == pickled
    assert SPRUNG == []
    pickle.loads(base64.b64decode(pickled))  # noqa: S301 - the control
    assert SPRUNG == [True]


def test_bytes_that_are_no_json_do_not_fit_the_table() -> None:
    with pytest.raises(DataError, match="invalid input syntax for type json"), connection.cursor() as cursor:
        cursor.execute("INSERT INTO portal_cache VALUES ('key', %s::text::jsonb, '9000-01-01')", ["gASV"])


def test_value_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        cache.set("key", object(), 60)


def test_long_key_is_stored_whole() -> None:
    cache.set("k" * 1000, 1, 60)
    assert (cache.get("k" * 1000), cache.get("k" * 999)) == (1, None)
