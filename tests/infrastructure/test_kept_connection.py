"""The connection that is kept from test to test is reset, or closed where a reset would not do."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.fixtures.connection_state import LEFT_BEHIND, STATE
from tests.fixtures.kept_connection import KeptConnection


@pytest.fixture
def django(transactional_db: None) -> Iterator[BaseDatabaseWrapper]:
    """Give another of Django's connections to this database."""
    wrapper = connection.copy()
    yield wrapper
    wrapper.close()


@pytest.fixture
def kept_connection(django: BaseDatabaseWrapper) -> KeptConnection:
    kept_connection = KeptConnection(django)
    kept_connection.open()
    return kept_connection


def state(django: BaseDatabaseWrapper) -> object:
    with django.cursor() as cursor:
        cursor.execute(STATE)
        return cursor.fetchone()


def leave(django: BaseDatabaseWrapper, *statements: str) -> None:
    for statement in statements:
        with django.cursor() as cursor:
            cursor.execute(statement)


def test_connection_is_kept_as_it_was_opened(
    kept_connection: KeptConnection, django: BaseDatabaseWrapper
) -> None:
    before = state(django)
    leave(django, *LEFT_BEHIND)
    assert state(django) != before
    kept_connection.reset()
    assert django.connection is kept_connection.connection
    assert state(django) == before


def test_connection_in_a_transaction_is_closed(
    kept_connection: KeptConnection, django: BaseDatabaseWrapper
) -> None:
    leave(django, "BEGIN")
    kept_connection.reset()
    assert django.connection is None


def test_connection_that_the_test_opened_is_closed(
    kept_connection: KeptConnection, django: BaseDatabaseWrapper
) -> None:
    first, django.connection = django.connection, None
    django.connect()
    kept_connection.reset()
    assert django.connection is None
    first.close()


def test_connection_that_the_server_ended_is_closed(
    kept_connection: KeptConnection, django: BaseDatabaseWrapper
) -> None:
    leave(connection, f"SELECT pg_terminate_backend({django.connection.info.backend_pid}, 5000)")
    kept_connection.reset()
    assert django.connection is None


def test_connection_with_other_parameters_is_not_opened(django: BaseDatabaseWrapper) -> None:
    kept_connection = KeptConnection(django)
    django.settings_dict = {**django.settings_dict, "OPTIONS": {"application_name": "other"}}
    kept_connection.open()
    assert django.connection is None
