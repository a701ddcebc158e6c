"""Let things happen at the same moment, with real connections."""

import concurrent.futures
import threading
from collections.abc import Callable

import pytest
from django.db import connections

TIMEOUT = 30


def together(*calls: Callable[[], object]) -> list[object]:
    """Run the calls at once, each in a thread with connections of its own, closed at its end.

    Returns what each returned or the exception it raised, in the order of the calls.
    """
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            barrier.wait(TIMEOUT)
            return call()
        except Exception as error:  # noqa: BLE001 - the test judges which exceptions are right
            return error
        finally:
            connections.close_all()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as threads:
        return [future.result(TIMEOUT) for future in [threads.submit(run, call) for call in calls]]


@pytest.fixture(name="together")
def together_fixture(transactional_db: None) -> Callable[..., list[object]]:
    """Give `together` in a test whose data is really committed: other threads see nothing else."""
    return together
