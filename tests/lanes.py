"""Every test runs in one lane, chosen by its path and its fixtures: `fast`, `browser` or `slow`.

The `database` lane repeats those fast tests whose outcome may depend on the version of PostgreSQL.
"""

import re
from collections.abc import Collection

import hypothesis
import pytest

SLOW = frozenset(
    {
        *("demo", "faults", "install", "journeys", "kill", "malformed"),
        *("postgres", "production", "races", "scale", "sequences", "smoke"),
    }
)
"""A test is slow if one of these is a word of its path."""
DATABASE = frozenset({"audit", "identity", "delegation", "provisioning", "database"})
"""The layers whose SQL, triggers, functions and locks differ by server; the portal only calls them."""

# The same examples in every run, also on a slow machine.
hypothesis.settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("repeatable")


def lane(path: str, fixtures: Collection[str]) -> str:
    if not SLOW.isdisjoint(_words(path)):
        return "slow"
    return "browser" if "browser" in fixtures else "fast"


def repeated(path: str, *, marked: bool, fixtures: Collection[str]) -> bool:
    """Whether the database lane runs this test, too."""
    uses = marked or not {"db", "transactional_db", "database_urls"}.isdisjoint(fixtures)
    return uses and lane(path, fixtures) == "fast" and not DATABASE.isdisjoint(_words(path))


# Before pytest itself deselects by `-m`.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path, fixtures = item.nodeid.partition("::")[0], getattr(item, "fixturenames", ())
        item.add_marker(lane(path, fixtures))
        if repeated(path, marked=item.get_closest_marker("django_db") is not None, fixtures=fixtures):
            item.add_marker("database")


def _words(path: str) -> set[str]:
    return set(re.split(r"[/_.]", path))
