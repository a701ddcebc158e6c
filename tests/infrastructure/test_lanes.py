"""The lanes: what a file's path alone says agrees with the lane of each of its tests."""

import itertools
import pathlib

import pytest

from tests import lanes

ROOT = pathlib.Path(__file__).parents[2]
PATHS = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "tests").rglob("test_*.py"))]
FIXTURES = [(), ("browser",), ("db",), ("browser", "db")]


def test_no_lane_leaves_out_a_file_of_its_tests() -> None:
    for path, fixtures in itertools.product(PATHS, FIXTURES):
        assert not lanes.holds_nothing(path, lanes.lane(path, fixtures)), path
        if lanes.repeated(path, marked=True, fixtures=fixtures):
            assert not lanes.holds_nothing(path, "database"), path


@pytest.mark.parametrize(
    ("lane", "path"),
    [
        ("fast", "tests/demo/test_orders.py"),
        ("browser", "tests/races/test_two_admins.py"),
        ("slow", "tests/portal/web/test_receipt.py"),
        ("database", "tests/portal/web/test_receipt.py"),
        ("database", "tests/audit/test_malformed.py"),
    ],
)
def test_lane_leaves_out_files_without_its_tests(lane: str, path: str) -> None:
    assert lanes.holds_nothing(path, lane)
    assert not lanes.holds_nothing(path, "")


def test_journeys_share_one_running_demo() -> None:
    journeys = {lanes.taken_together(f"{path}::test") for path in PATHS if path.startswith("tests/journeys/")}
    assert journeys == {"tests/journeys/"}
    assert lanes.taken_together("tests/smoke/test_running.py::test") == "tests/smoke/test_running.py"
