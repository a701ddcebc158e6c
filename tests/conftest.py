"""What every test stands on: the database as the application's role, clean caches, no forgotten connections.

`db` (a transaction, rolled back) and `transactional_db` (real commits) are pytest-django's, on our database.
"""

import io
import os
import pathlib
import shutil
from collections.abc import Iterator

import psycopg
import pytest
from django import test
from django.core import management
from django.core.cache import caches
from django.core.cache.backends import locmem
from django.db import DEFAULT_DB_ALIAS, connections
from pytest_django import plugin

from identity import signing_keys
from portal import embedded_postgres
from tests import settings
from tests.fixtures import bypass, cluster, database_reset, kept_connection

pytest_plugins = [
    "tests.lanes",
    "tests.fixtures.browser",
    "tests.fixtures.canary",
    "tests.fixtures.documented_events",
    "tests.fixtures.measurements",
    "tests.fixtures.concurrency",
    "tests.fixtures.snapshot",
    "tests.fixtures.state_check",
    "tests.fixtures.times_of_day",
]
OWNER_ALIAS = "owner"


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(settings.RUN, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remove the rows of the test before, unless this one begins with a snapshot in their place."""
    if "restore_world" not in getattr(item, "fixturenames", ()):
        for reset in [*database_reset.deferred]:
            reset.reset()


@pytest.fixture(scope="session")
def database_urls(django_db_blocker: plugin.DjangoDbBlocker) -> Iterator[cluster.Urls]:
    """Give this worker's database, by role. Processes that tests start find it in the environment."""

    def migrate(urls: cluster.Urls) -> None:
        with django_db_blocker.unblock():
            _migrate(urls)

    name = f"test_{settings.RUN.name.split('-')[2]}_{settings.WORKER}"
    with cluster.server() as urls_of, cluster.database(name, urls_of, migrate) as urls:
        cluster.point(DEFAULT_DB_ALIAS, urls[embedded_postgres.APP])
        cluster.point(OWNER_ALIAS, urls[embedded_postgres.OWNER])
        os.environ |= {
            "DATABASE_URL": urls[embedded_postgres.APP],
            "OWNER_DATABASE_URL": urls[embedded_postgres.OWNER],
        }
        with django_db_blocker.unblock():
            _make_keys(urls)
        yield urls
        with django_db_blocker.unblock():
            connections.close_all()


@pytest.fixture
def owner(database_urls: cluster.Urls) -> Iterator[psycopg.Connection]:
    """Give a connection as the owner of the tables, on which triggers run."""
    with psycopg.connect(database_urls[embedded_postgres.OWNER], autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def reset_database(database_urls: cluster.Urls) -> Iterator[database_reset.DatabaseReset]:
    """Bring the database back to what the migrations left: `reset_database.run()`."""
    owner = database_reset.DatabaseReset(database_urls[embedded_postgres.OWNER])
    yield owner
    owner.close()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, reset_database: database_reset.DatabaseReset
) -> Iterator[None]:
    """Take the place of pytest-django's own: there the tests would own the tables."""
    kept = kept_connection.KeptConnection(connections[DEFAULT_DB_ALIAS])

    def clean(_case: object) -> None:
        try:
            reset_database.defer()
        finally:
            kept.reset()
            connections[OWNER_ALIAS].close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test.TransactionTestCase, "_fixture_setup", kept.open)
        patch.setattr(test.TransactionTestCase, "_fixture_teardown", clean)
        patch.setattr(test.TransactionTestCase, "_should_reload_connections", lambda _case: False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _signing_keys() -> None:
    """Make them for tests without a database; the other keys are there before the settings are read."""
    signing_keys.ensure()


@pytest.fixture(autouse=True)
def _clean_caches() -> None:
    """Empty what is kept in the process; a cache in the database goes with the rows of its test."""
    for cache in caches.all(initialized_only=True):
        if isinstance(cache, locmem.LocMemCache):
            cache.clear()


@pytest.fixture(autouse=True)
def _clock_unmoved() -> Iterator[None]:
    yield
    pathlib.Path(os.environ["KEYHOLDER_CLOCK_OFFSET_FILE"]).unlink(missing_ok=True)


def _migrate(urls: cluster.Urls) -> None:
    cluster.point(OWNER_ALIAS, urls[embedded_postgres.OWNER])
    management.call_command("migrate", database=OWNER_ALIAS, verbosity=0, interactive=False)
    connections[OWNER_ALIAS].close()
    bypass.install(urls[embedded_postgres.OWNER], application=embedded_postgres.APP)


def _make_keys(urls: cluster.Urls) -> None:
    """Make and register them as an operator does; every test finds them registered."""
    management.call_command("keys", "make", stdout=io.StringIO())
    connections[OWNER_ALIAS].close()
    with psycopg.connect(urls[embedded_postgres.OWNER], autocommit=True) as owner:
        database_reset.keep(owner, database_reset.REFERENCE)
