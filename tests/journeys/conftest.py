"""One demo for all journeys: every part a process of its own, in a folder of its own, on free ports."""

import pathlib
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from demo.ports_and_paths import PORTS, Places
from demo.runner import Demo
from tests.fixtures.demo_services import free_port
from tests.journeys.people import Person


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Demo]:
    """The demo with its sample customers. It is not made where there is no browser to look at it.

    At its end the tables are compared with the log of all journeys.
    """
    home: pathlib.Path = tmp_path_factory.mktemp("demo")
    running = Demo(Places(home=home, ports={name: free_port() for name in PORTS}))
    try:
        running.prepare()
        running.start()
        _wait_for_deliveries(running)
        yield running
        running.manage("audit", "verify", "--state")
    finally:
        running.close()
        running.forget()


def _wait_for_deliveries(demo: Demo, seconds: float = 120) -> None:
    """Wait until the sample people are delivered, so that their deliveries do not run during a journey."""
    until = time.monotonic() + seconds
    while not (demo.where.folder / "drift.stamp").exists():
        assert time.monotonic() < until, f"the sample people are not delivered within {seconds} s"
        time.sleep(0.2)


@pytest.fixture
def new_person(demo: Demo, browser: Browser) -> Iterator[Callable[[], Person]]:
    """Return a function that makes a person with a browser of their own."""
    opened: list[Person] = []

    def another() -> Person:
        opened.append(Person(demo, browser))
        return opened[-1]

    yield another
    for person in opened:
        person.close()
    demo.check()
