"""One demo for all journeys: every part a process of its own, in a folder of its own, on free ports."""

import pathlib
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from demo.places import PORTS, Places
from demo.stage import Stage
from tests.demo.processes import free_port
from tests.journeys.people import Person


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Stage]:
    """The demo with its sample customers. It is not made where there is no browser to look at it."""
    home: pathlib.Path = tmp_path_factory.mktemp("stage")
    made = Stage(Places(home=home, ports={name: free_port() for name in PORTS}))
    try:
        made.prepare()
        made.start()
        yield made
    finally:
        made.close()
        made.forget()


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
