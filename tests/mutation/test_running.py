"""What a run of tests says of a mutant: only a failed test kills it."""

import subprocess

import pytest

from tests.mutation.running import Verdict, judge


def ended(returncode: int, stdout: str, stderr: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.CompletedProcess(["pytest"], returncode, stdout, stderr)


def test_failed_test_kills_and_is_named() -> None:
    out = ended(1, "F\nFAILED tests/identity/test_a.py::test_b - AssertionError\n1 failed in 1s\n")
    assert judge(out) == (Verdict.KILLED, "tests/identity/test_a.py::test_b")


def test_passed_run_lets_the_mutant_survive() -> None:
    assert judge(ended(0, ".\n1 passed in 1s\n")) == (Verdict.SURVIVED, "")


@pytest.mark.parametrize(
    ("returncode", "stdout", "stderr"),
    [
        pytest.param(1, "", "python: No module named pytest", id="no tool"),
        pytest.param(1, "", "ModuleNotFoundError: No module named 'psycopg'", id="no plugin"),
        pytest.param(1, "E\nERROR tests/a/test_a.py::test_b - OperationalError\n", "", id="fixture"),
        pytest.param(2, "ERROR tests/a/test_a.py - ImportError\n", "", id="collection"),
        pytest.param(2, "FAILED tests/a/test_a.py::test_b\n! KeyboardInterrupt !\n", "", id="interrupted"),
        pytest.param(4, "", "ERROR: not found: tests/a/test_a.py::test_b", id="no such test"),
        pytest.param(-9, "", "", id="out of memory"),
    ],
)
def test_run_without_a_failed_test_is_an_error(returncode: int, stdout: str, stderr: str) -> None:
    verdict, text = judge(ended(returncode, stdout, stderr))
    assert verdict is Verdict.ERROR
    assert text == (stdout + stderr)[-200:]
