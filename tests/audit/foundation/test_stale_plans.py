"""A statement prepared before a migration ends its connection, and the next attempt succeeds."""

import psycopg
import pytest
from django.db import connection

from audit.foundation.errors import Busy
from portal import embedded_postgres
from tests.fixtures import cluster

pytestmark = pytest.mark.django_db(transaction=True)


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_stale_plan_fails_once_and_the_next_attempt_has_a_new_connection(
    database_urls: cluster.Urls,
) -> None:
    with psycopg.connect(database_urls[embedded_postgres.OWNER], autocommit=True) as owner:
        owner.execute("CREATE TABLE short (name varchar(5))")
        owner.execute("GRANT SELECT ON short TO keyholder_app")
        try:
            for _ in range(3):  # prepared by now
                execute("SELECT name FROM short")
            first = connection.connection
            owner.execute("ALTER TABLE short ALTER name TYPE varchar(50)")
            with pytest.raises(Busy):
                execute("SELECT name FROM short")
            connection.close_if_unusable_or_obsolete()
            execute("SELECT name FROM short")
            assert connection.connection is not first
        finally:
            owner.execute("DROP TABLE short")
