"""Statements on frequent paths reach their rows by an index, whatever the number of people."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from portal import embedded_postgres
from tests.fixtures import cluster, database_reset
from tests.fixtures.world import World
from tests.scale import crowd, paths, plans


@pytest.fixture
def large(
    world: World, database_urls: cluster.Urls, reset_database: database_reset.DatabaseReset
) -> Iterator[World]:
    """The cast among 30,000 people of 300 organizations, with two targets and fresh statistics.

    The tables are small again afterwards: the next test of this worker must not read 30,000 dead rows.
    """
    crowd.register_targets(world, "ordering", "crm")
    with psycopg.connect(database_urls[embedded_postgres.OWNER], autocommit=True) as owner:
        crowd.fill(owner, organizations=300, people=100, due=crowd.CRM_IS_DUE)
        yield world
        connection.close()
        reset_database.run()
        owner.execute(f"VACUUM FULL ANALYZE {', '.join(sorted(plans.LARGE))}".encode())


@contextmanager
def by_index() -> Iterator[None]:
    """Plan with any index that answers, as among many customers."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        yield
        cursor.execute("RESET enable_seqscan")


def read_whole(calls: paths.Paths) -> dict[str, list[str]]:
    """By path, what it reads whole; those that read nothing whole are absent."""
    found = {name: plans.whole_reads(call) for name, call in calls.items()}
    return {name: tables for name, tables in found.items() if tables}


_MOST_SUBPLANS = 30
# The statement of a removal as it once was: an OR with a subquery cannot be answered by two indexes.
_BY_OR = """
UPDATE identity_signin SET ended_at = now() WHERE ended_at IS NULL AND (
    membership_id = ANY(%(memberships)s) OR user_id IN (
        SELECT user_id FROM identity_membership WHERE id = ANY(%(memberships)s)))
"""


@pytest.mark.django_db(transaction=True)
def test_frequent_statement_has_no_sequential_scan_of_a_large_table(large: World) -> None:
    leaver = paths.someone(large)

    def by_or() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_BY_OR, {"memberships": [leaver.id]})

    assert [one.split(":")[0] for one in plans.whole_reads(by_or)] == ["identity_signin"]
    waited_for = paths.pages(large)
    assert read_whole(waited_for) == {}
    # Not whole tables, but every colleague's rows were read here once: they are found by indexes of their own.
    assert "account_needs_attention" in plans.indexes(waited_for["attention"])
    assert "assignment_without_end" in plans.indexes(waited_for["working admins"])
    of_staff = paths.desk(large)
    assert read_whole(of_staff) == {}
    assert "user_search_trigrams" in plans.indexes(of_staff["search of people"])
    with by_index():
        assert {"organization_search_trigrams", "contact_search_trigrams"} <= plans.indexes(
            of_staff["search of customers"]
        )
        # A hundred of 300 customers are a third of a table here.
        assert read_whole(paths.dry_run_paths()) == {}
    # Django writes an annotation out wherever another names it: the customers at risk once had 308.
    subplans = {name: plans.most_subplans(call) for name, call in of_staff.items()}
    assert {name: number for name, number in subplans.items() if number > _MOST_SUBPLANS} == {}
    with paths.as_deliverer():
        assert read_whole(paths.deliveries(leaver.organization_id)) == {}
