"""A plugin of pytest that records which test calls which functions, what it costs, and what the database refuses.

`python -m pytest -p tests.mutation.recorder` writes one file per worker into the folder that RECORD names.
"""

import json
import os
import pathlib
import sys
import threading
import time
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.mutation import areas, database

FOLDER = "KEYHOLDER_TEST_MUTATION_RECORD"
_PLACES = tuple(f"{areas.ROOT / package}{os.sep}" for package in areas.PRODUCT)


class Recorder:
    """What happened since the last test began."""

    def __init__(self) -> None:
        self.codes: dict[int, CodeType] = {}
        self.refused: set[str] = set()
        self.tests: dict[str, dict[str, Any]] = {}
        self.objects: list[dict[str, Any]] = []

    def called(self, frame: FrameType, event: str, value: object) -> None:
        """Trace calls only: lines would take several times as long."""
        code = frame.f_code
        if id(code) not in self.codes:
            self.codes[id(code)] = code

    def error_from_result(self, *args: Any, **kwargs: Any) -> psycopg.Error:
        error = _ERROR(*args, **kwargs)
        self.refused |= database.named_in(error)
        return error

    def functions(self) -> list[str]:
        return sorted({name for code in self.codes.values() if (name := _name(code))})


_ERROR = errors.error_from_result
_recorder = Recorder()


def _name(code: CodeType) -> str:
    if not code.co_filename.startswith(_PLACES):
        return ""
    path = pathlib.Path(code.co_filename).relative_to(areas.ROOT)
    return f"{path}:{code.co_qualname.split('.<locals>', maxsplit=1)[0]}"


@pytest.fixture(scope="session", autouse=True)
def _database_objects(database_urls: dict[str, str]) -> None:
    _recorder.objects = database.objects(database_urls["postgres"])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _recorder.codes, _recorder.refused = {}, set()
    errors.error_from_result = _recorder.error_from_result
    threading.settrace(_recorder.called)
    sys.settrace(_recorder.called)
    began = time.process_time()
    try:
        return (yield)
    finally:
        sys.settrace(None)
        threading.settrace(None)
        _recorder.tests.setdefault(item.nodeid, {"passed": True})
        _recorder.tests[item.nodeid] |= {
            "seconds": time.process_time() - began,
            "functions": _recorder.functions(),
            "refused": sorted(_recorder.refused),
        }


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.outcome != "passed":
        _recorder.tests.setdefault(report.nodeid, {})["passed"] = False


def pytest_sessionfinish(session: pytest.Session) -> None:
    name = os.environ.get("PYTEST_XDIST_WORKER", "main")
    record = {
        "objects": _recorder.objects,
        "tests": {i: t for i, t in _recorder.tests.items() if "functions" in t},
    }
    (pathlib.Path(os.environ[FOLDER]) / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
