"""Tests start event loops through `tests.fixtures.event_loops` alone: beside a browser, `asyncio.run` fails."""

import pytest

from tests.laws import code

STARTS = frozenset({"run", "run_until_complete", "Runner"})
HELPER = "tests/fixtures/event_loops.py"


def started_loops(module: code.Module) -> list[str]:
    return [
        f"{module.name}:{call.lineno}"
        for call in code.calls(module.tree)
        if code.called(call) in STARTS
        and (code.root(call.func) == "asyncio" or code.called(call) == "run_until_complete")
    ]


def test_no_test_starts_an_event_loop_in_its_own_thread() -> None:
    assert code.violations(started_loops, [one for one in code.modules("tests") if one.name != HELPER]) == []


@pytest.mark.parametrize(
    "bad", ["asyncio.run(main())", "asyncio.Runner()", "loop.run_until_complete(main())"]
)
def test_started_loop_is_found(bad: str) -> None:
    assert started_loops(code.Module("tests/test_bad.py", bad))
