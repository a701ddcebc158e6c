"""What tests measured and counted, said at the end of the run whoever of the workers did it."""

from collections.abc import Callable

import pytest

from tests import settings

Say = Callable[[str], None]


@pytest.fixture
def say() -> Say:
    """Give a function that keeps a line for the end of the run."""

    def keep(line: str) -> None:
        with (settings.RUN / f"figures-{settings.WORKER}").open("a", encoding="utf-8") as kept:
            kept.write(line + "\n")

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for kept in sorted(settings.RUN.glob("figures-*")):
        for line in kept.read_text(encoding="utf-8").splitlines():
            terminalreporter.write_line(line)
