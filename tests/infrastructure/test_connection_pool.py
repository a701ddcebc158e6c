"""A pooled connection carries nothing from one request to the next."""

import os
import subprocess
import sys

import psycopg_pool
import pytest

from portal import embedded_postgres
from portal.settings import database
from tests.fixtures import cluster
from tests.fixtures.connection_state import LEFT_BEHIND, STATE


def states(urls: cluster.Urls, **options: object) -> list[tuple[object, ...]]:
    """The state of the one connection of a pool before a request that leaves everything behind, and after it."""
    url = urls[embedded_postgres.APP]
    kwargs = {"autocommit": True, "options": "-c TimeZone=UTC"}
    with psycopg_pool.ConnectionPool(url, min_size=1, max_size=1, kwargs=kwargs, **options) as pool:  # type: ignore[arg-type]
        found = []
        for statements in (LEFT_BEHIND, []):
            with pool.connection() as connection:
                found.append(connection.execute(STATE).fetchone() or ())
                for statement in statements:
                    connection.execute(statement)
        return found


def test_pooled_connection_is_reset_when_it_returns(database_urls: cluster.Urls) -> None:
    before, after = states(database_urls, reset=database._reset)
    assert before == after


def test_connection_that_cannot_be_reset_is_closed(
    database_urls: cluster.Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_RESET", database._RESET + b"; SELECT 1 / 0")
    before, after = states(database_urls, reset=database._reset)
    assert before[0] != after[0]


def test_connection_without_reset_keeps_the_settings_of_its_last_use(database_urls: cluster.Urls) -> None:
    """The control: each of the statements leaves something that the state shows."""
    before, after = states(database_urls)
    same = [left == right for left, right in zip(before, after, strict=True)]
    assert same == [True, False, False, False, True, False, False, False]


def test_prepared_statements_survive_the_reset(database_urls: cluster.Urls) -> None:
    url = database_urls[embedded_postgres.APP]
    with psycopg_pool.ConnectionPool(
        url, min_size=1, max_size=1, reset=database._reset, kwargs={"autocommit": True}
    ) as pool:
        for _ in range(3):
            with pool.connection() as connection:
                assert connection.execute("SELECT 1", prepare=True).fetchone() == (1,)
        with pool.connection() as connection:
            prepared = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
    assert prepared == (1,)


PROGRAM = """
from portal.settings import database
options = database.DATABASES["default"]["OPTIONS"]
print("pool" in options and options["pool"]["reset"] is database._reset)
"""


@pytest.mark.parametrize(("size", "is_used"), [("8", "True"), ("0", "False")])
def test_process_with_a_pool_uses_the_reset(size: str, is_used: str) -> None:
    environment = {**os.environ, "KEYHOLDER_DATABASE_POOL": size}
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split()[-1] == is_used
