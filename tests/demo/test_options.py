"""The demo's command line: help starts nothing, and unknown options are refused with the usage."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the demo in an empty folder, where it would start a database."""
    return subprocess.run(
        [sys.executable, "-m", "demo", *options],
        cwd=ROOT,
        env={"KEYHOLDER_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_is_printed_and_nothing_starts(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: python -m demo [-h] [--reset]")
    assert "PORTAL_PORT" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--port=1", "--res", "start", "-x"])
def test_unknown_option_is_refused_with_the_usage(tmp_path: Path, option: str) -> None:
    done = run(tmp_path, option)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: python -m demo [-h] [--reset]")
    assert option in done.stderr
    assert list(tmp_path.iterdir()) == []
