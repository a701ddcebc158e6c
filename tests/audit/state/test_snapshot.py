"""The comparison reads one snapshot: acts that commit meanwhile are in all tables and the log, or in none."""

import concurrent.futures
import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock, db
from audit.foundation.snapshot import snapshot
from audit.state import comparison, declarations
from audit.state.comparison import TableComparison
from delegation.people.commands import members as people_commands
from tests.fixtures import state_check
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_database_after_the_migrations_has_no_difference() -> None:
    assert state_check.differences() == []


def test_comparison_of_all_tables_sets_up_its_transaction_once(world: World) -> None:
    """Compiling just in time took ten seconds a run on Debian's PostgreSQL; nested loops took thirty."""
    compared = 0
    with CaptureQueriesContext(connection) as statements, snapshot():
        for table in comparison.compare(excluded=(), at=clock.now()):
            assert list(table) == []
            assert db.fetch_one("SELECT current_setting('jit'), current_setting('enable_nestloop')") == (
                "off",
                "off",
            )
            compared += 1
    assert compared == len(declarations.rebuilt())
    assert sum("set_config" in one["sql"] for one in statements) == 1


class Acts:
    """Removes and restores a member, and signs a person in, by another connection."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.count = 0

    def run(self) -> None:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(self._act).result()

    def _act(self) -> None:
        actor, members = actor_of(self.world.aino), [self.world.vilma]
        try:
            if self.count == 0:
                BrowserClient().sign_in(self.world.olli.user)
            elif self.count % 2:
                people_commands.remove(actor=actor, memberships=members)
            else:
                people_commands.restore(actor=actor, memberships=members, access=self.world.access("viewer"))
            self.count += 1
        finally:
            connections.close_all()


def test_acts_during_the_comparison_make_no_difference(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acts, compare = Acts(world), comparison.compare

    def interrupted(**arguments: Any) -> Iterator[TableComparison]:
        for table in compare(**arguments):
            acts.run()
            yield table

    monkeypatch.setattr(comparison, "compare", interrupted)
    output = io.StringIO()
    call_command("audit", "verify", "--state", stdout=output, stderr=output)
    assert acts.count == len(declarations.rebuilt()) > 20
    assert " 0 differences" in output.getvalue()
    monkeypatch.undo()
    assert state_check.differences() == []
