"""`pytest tests/corpus --corpus DIR`: requests written down in files, played against the product."""

import json
import pathlib
import tomllib
from collections import Counter
from typing import Any

import pytest

HERE = pathlib.Path(__file__).parent
DEFAULT = HERE.parents[2] / "shared" / "corpus"
FILE = "oidc_*.jsonl"
COUNTED = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--corpus", type=pathlib.Path, default=DEFAULT, help="folder of the corpus' files")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COUNTED] = Counter()


def lines(config: pytest.Config) -> list[dict[str, Any]]:
    """Every line of the folder's OpenID Connect files; none where there is no such folder."""
    folder = config.getoption("corpus", default=DEFAULT)
    files = sorted(pathlib.Path(folder).glob(FILE))
    return [
        json.loads(line) for file in files for line in file.read_text("utf-8").splitlines() if line.strip()
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "line" not in metafunc.fixturenames:
        return
    role = "rp" if "relying_party" in metafunc.function.__name__ else "op"
    asked = [
        line
        for line in lines(metafunc.config)
        if line["role"] == role and (role == "rp" or bool(line.get("parallel")) is _parallel(metafunc))
    ]
    nothing = pytest.param(
        None, id="none", marks=pytest.mark.skip("the corpus has no such lines, or is not here")
    )
    metafunc.parametrize("line", [_param(line) for line in asked] or [nothing])


def _parallel(metafunc: pytest.Metafunc) -> bool:
    return "parallel" in metafunc.function.__name__


def _param(line: dict[str, Any]) -> Any:
    known = tomllib.loads((HERE / "known_open.toml").read_text("utf-8"))
    reason = known["lines"].get(line["name"]) or known["sections"].get(line["section"])
    marks = [_xfail(reason, strict=line["name"] in known["lines"])] if reason else []
    return pytest.param(line, id=line["name"], marks=marks)


def _xfail(reason: str, *, strict: bool) -> pytest.MarkDecorator:
    """A line may be known open only by its answer: what this runner cannot create or judge fails the run."""
    return pytest.mark.xfail(reason=reason, strict=strict, raises=AssertionError)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    outcome = yield
    report = outcome.get_result()
    if "line" in getattr(item, "fixturenames", ()) and (report.when == "call" or report.skipped):
        word = "known open" if hasattr(report, "wasxfail") and report.skipped else report.outcome
        item.config.stash[COUNTED][word] += 1


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    counted = config.stash.get(COUNTED, Counter())
    if counted:
        terminalreporter.write_line(
            "OpenID Connect corpus: " + ", ".join(f"{n} {w}" for w, n in counted.items())
        )
