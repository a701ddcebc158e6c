"""A value that SQL wrote, moved or extended counts as missing: the application's role writes the table of the cache."""

import pytest
from django.db import connection

from portal.operations import authenticated_cache
from tests.fixtures.world import move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("world")]


def test_value_comes_back_until_its_end() -> None:
    value = {"keys": [{"kid": "ä", "at": 1764494722.123456}], "none": None}
    authenticated_cache.set_value("a", value, seconds=60)
    assert authenticated_cache.get("a") == value
    assert authenticated_cache.get("b") is None
    move_clock(61)
    assert authenticated_cache.get("a") is None


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE portal_cache SET value = jsonb_set(value, '{text}', '"[9e9,\\"evil\\"]"')""",
        "UPDATE portal_cache SET value = '\"evil\"'",
        'UPDATE portal_cache SET value = \'{"text": 1, "mac": []}\'',
        "UPDATE portal_cache SET cache_key = replace(cache_key, ':a', ':b')",
    ],
    ids=["changed", "replaced", "malformed", "moved"],
)
def test_value_that_sql_wrote_counts_as_missing(statement: str) -> None:
    authenticated_cache.set_value("a", "good", seconds=60)
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert authenticated_cache.get("a") is None
    assert authenticated_cache.get("b") is None


def test_value_that_sql_extended_ends_in_time() -> None:
    authenticated_cache.set_value("a", "good", seconds=60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_cache SET expires = expires + interval '1 day'")
    move_clock(61)
    assert authenticated_cache.get("a") is None
