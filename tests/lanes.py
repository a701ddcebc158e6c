"""Every test runs in one lane, chosen by its path and its fixtures: `fast`, `browser` or `slow`.

The `database` lane repeats those fast tests whose outcome may depend on the version of PostgreSQL.
"""

import contextlib
import gc
import importlib
import pathlib
import re
from collections.abc import Collection, Generator
from typing import Any

import hypothesis
import pytest
from xdist.scheduler.loadfile import LoadFileScheduling

SLOW = frozenset(
    {
        *("demo", "faults", "install", "journeys", "kill", "malformed", "peers"),
        *("postgres", "production", "races", "scale", "sequences", "smoke"),
    }
)
"""A test is slow if one of these is a word of its path."""
LONG = frozenset({"sequences", "scale", "journeys", "kill", "smoke", "install", "peers", "races"})
"""Words of paths of files of which one test takes up to a minute: a worker that begins one last works alone."""
TOGETHER = ("tests/journeys/",)
"""Folders whose files share what takes longest to make, the running demo: one worker takes them all."""
DATABASE = frozenset({"audit", "identity", "delegation", "provisioning", "database"})
"""The layers whose SQL, triggers, functions and locks differ by server; the portal only calls them."""

# The same examples in every run, also on a slow machine.
hypothesis.settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("repeatable")


def lane(path: str, fixtures: Collection[str]) -> str:
    if is_slow(path):
        return "slow"
    return "browser" if "browser" in fixtures else "fast"


def repeated(path: str, *, marked: bool, fixtures: Collection[str]) -> bool:
    """Whether the database lane runs this test, too."""
    uses = marked or not {"db", "transactional_db", "database_urls"}.isdisjoint(fixtures)
    return uses and lane(path, fixtures) == "fast" and not DATABASE.isdisjoint(_words(path))


def is_slow(path: str) -> bool:
    return not SLOW.isdisjoint(_words(path))


def holds_nothing(path: str, lane: str) -> bool:
    """Whether the path alone says that the lane has no test of this file."""
    if lane == "slow":
        return not is_slow(path)
    if lane == "database":
        return is_slow(path) or DATABASE.isdisjoint(_words(path))
    return lane in {"fast", "fast and not database", "browser"} and is_slow(path)


def pytest_ignore_collect(collection_path: pathlib.Path, config: pytest.Config) -> bool | None:
    """Import no module only to deselect all its tests: each worker would."""
    if not collection_path.is_relative_to(config.rootpath) or not collection_path.match("test_*.py"):
        return None
    path = collection_path.relative_to(config.rootpath).as_posix()
    return holds_nothing(path, config.option.markexpr) or None


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Keep Python's garbage collector from what lives to the end: looking at it took a third of the collection."""
    gc.disable()
    try:
        _import_in_turn(session.config)
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def _import_in_turn(config: pytest.Config) -> None:
    """Let each worker begin at other modules: what one has compiled, with its assertions rewritten, the others read.

    A module that fails is imported again by the collection, which reports it.
    """
    worker = getattr(config, "workerinput", None)
    if worker is None or config.args != config.getini("testpaths"):
        return
    paths = [path.relative_to(config.rootpath) for path in sorted(config.rootpath.glob("tests/**/test_*.py"))]
    paths = [path for path in paths if not holds_nothing(path.as_posix(), config.option.markexpr)]
    begin = len(paths) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    for path in paths[begin:] + paths[:begin]:
        with contextlib.suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(path.with_suffix("").parts))


# The marks are set before pytest itself deselects by `-m`; the order after pytest-django has chosen its own.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    for item in items:
        path, fixtures = item.nodeid.partition("::")[0], getattr(item, "fixturenames", ())
        item.add_marker(lane(path, fixtures))
        if repeated(path, marked=item.get_closest_marker("django_db") is not None, fixtures=fixtures):
            item.add_marker("database")
    yield
    items.sort(key=lambda item: LONG.isdisjoint(_words(item.nodeid.partition("::")[0])))


def taken_together(nodeid: str) -> str:
    """Name what one worker takes as a whole: the file, or a folder whose files share something costly."""
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])


class ByFile(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return taken_together(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def _words(path: str) -> set[str]:
    return set(re.split(r"[/_.]", path))
