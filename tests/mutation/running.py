"""Running the tests against mutants, several at once, each in a process with a database of its own."""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from enum import StrEnum

from tests.mutation import areas
from tests.mutation.mutants import Mutant
from tests.mutation.record import Record, Test


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNREACHED = "unreached"
    """No test calls the function, or makes the database name the object."""
    ERROR = "error"
    """No test failed, yet the run did not pass: a module that cannot be imported, or a fixture without its database."""


@dataclasses.dataclass(frozen=True)
class Result:
    """A mutant's end, and the test that noticed it."""

    mutant: Mutant
    verdict: Verdict
    test: str = ""
    tests: int = 0

    @property
    def is_killed(self) -> bool:
        return self.verdict in {Verdict.KILLED, Verdict.TIMED_OUT}


_FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)
_PASSED, _FAILURES = 0, 1


def run(mutants: Sequence[Mutant], *, record: Record, jobs: int, budget: float) -> Iterator[Result]:
    """Each mutant against the tests that reach it, for `budget` seconds of the processor; in the order they end."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as threads:
        ends = [threads.submit(_one, one, record.reaching(one.functions, budget=budget)) for one in mutants]
        for end in concurrent.futures.as_completed(ends):
            yield end.result()


def _one(mutant: Mutant, tests: Sequence[Test]) -> Result:
    if not tests:
        return Result(mutant, Verdict.UNREACHED)
    # A loaded machine may take many times as long as the tests cost.
    patience = 300 + 20 * sum(test.seconds for test in tests)
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        path = pathlib.Path(folder) / "mutant.json"
        path.write_text(json.dumps({"path": mutant.path, "text": mutant.text}), encoding="utf-8")
        # The run's own files go with this folder, also after a time-out.
        environment = os.environ | {areas.MUTANT: str(path), "TMPDIR": folder}
        command = [
            sys.executable,
            "-B",
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "tests.mutation.hook",
            "-p",
            "no:cacheprovider",
        ]
        try:
            ended = subprocess.run(
                [*command, *(test.id for test in tests)],
                cwd=areas.ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Result(mutant, Verdict.TIMED_OUT, tests=len(tests))
    verdict, named = judge(ended)
    return Result(mutant, verdict, named, len(tests))


def judge(ended: subprocess.CompletedProcess[str]) -> tuple[Verdict, str]:
    """Return the verdict of a run of tests, and the failed test or the end of the error.

    Only a failed test kills: an error of a collection or of a fixture may come from the environment.
    """
    if ended.returncode == _PASSED:
        return Verdict.SURVIVED, ""
    failed = _FAILED.search(ended.stdout)
    if failed and ended.returncode == _FAILURES:
        return Verdict.KILLED, failed.group(1)
    return Verdict.ERROR, (ended.stdout + ended.stderr)[-200:]
