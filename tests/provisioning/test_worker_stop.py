"""A stop of the worker reaches the processes that it forked before."""

import ctypes
import os
import time
from multiprocessing import sharedctypes

import pytest
from celery import signals

from portal import celery
from provisioning import worker_stop


def test_stop_of_the_worker_is_seen_by_its_forked_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_stop, "_announced", sharedctypes.RawValue(ctypes.c_bool, False))  # noqa: FBT003
    assert not worker_stop.is_announced()
    child = os.fork()
    if child == 0:
        deadline = time.monotonic() + 20
        while not worker_stop.is_announced() and time.monotonic() < deadline:
            time.sleep(0.01)
        os._exit(0 if worker_stop.is_announced() else 1)
    signals.worker_shutting_down.send(sender=celery.app)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
