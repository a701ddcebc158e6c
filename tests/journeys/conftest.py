"""One demo for all journeys: every part a process of its own, in a folder of its own, on free ports."""

import pathlib
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from demo.ports_and_paths import PORTS, Places
from demo.runner import Stage
from tests.fixtures.demo_services import free_port
from tests.journeys.people import Person


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Stage]:
    """The demo with its sample customers. It is not made where there is no browser to look at it."""
    home: pathlib.Path = tmp_path_factory.mktemp("stage")
    made = Stage(Places(home=home, ports={name: free_port() for name in PORTS}))
    try:
        made.prepare()
        made.start()
        _until_all_are_known(made)
        yield made
    finally:
        made.close()
        made.forget()


def _until_all_are_known(made: Stage, seconds: float = 120) -> None:
    """Wait until the sample people have been told, so that their deliveries are not in the midst of a story."""
    until = time.monotonic() + seconds
    while not (made.where.folder / "drift.stamp").exists():
        assert time.monotonic() < until, f"the sample people are not known within {seconds} s"
        time.sleep(0.2)


@pytest.fixture
def somebody(stage: Stage, browser: Browser) -> Iterator[Callable[[], Person]]:
    """Give people with browsers of their own."""
    opened: list[Person] = []

    def another() -> Person:
        opened.append(Person(stage, browser))
        return opened[-1]

    yield another
    for person in opened:
        person.close()
    stage.check()
