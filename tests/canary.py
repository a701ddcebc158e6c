"""No personal value stands in the log in clear: looked for after every test that wrote events, before it is emptied.

The canaries are every name, address and free text that the test's own people have, and the address they came from.
"""

import pathlib
from collections.abc import Iterator

import psycopg
import pytest

from tests import emptying, settings

SAID = ["203.0.113.7", "@koskela.example", "Virtanen"]
IN_CLEAR = """
WITH said AS (
    SELECT name AS text FROM identity_user UNION SELECT email FROM identity_user
    UNION SELECT email FROM delegation_invitation UNION SELECT name FROM delegation_invitation
    UNION SELECT reason FROM delegation_invitation WHERE reason LIKE '%% %%'
    UNION SELECT reason FROM delegation_assignment WHERE reason LIKE '%% %%'
), canary AS (
    (SELECT text FROM said WHERE length(text) > 4 LIMIT 300) UNION SELECT unnest(%s::text[])
)
SELECT e.verb, c.text FROM audit_event e JOIN canary c ON position(convert_to(c.text, 'UTF8') IN e.body) > 0 LIMIT 5
"""


def in_clear(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """Give what stands in clear in some event, with its verb."""
    return connection.execute(IN_CLEAR.encode(), [SAID]).fetchall()


class Watch:
    """Counts what was looked at, so that a run that looked at nothing is seen."""

    tests = events = leaks = 0

    def __call__(self, connection: psycopg.Connection) -> None:
        row = connection.execute("SELECT count(*) FROM audit_event").fetchone()
        if row and row[0]:
            self.tests += 1
            self.events += row[0]
            found = in_clear(connection)
            self.leaks += len(found)
            assert found == [], f"personal values in clear in the log: {found}"


@pytest.fixture(scope="session", autouse=True)
def _watched(request: pytest.FixtureRequest) -> Iterator[None]:
    watch = Watch()
    emptying.watchers.append(watch)
    yield
    emptying.watchers.remove(watch)
    (settings.RUN / f"canary-{settings.WORKER}").write_text(
        f"{watch.tests} {watch.events} {watch.leaks}", encoding="ascii"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = [
        path.read_text(encoding="ascii").split() for path in pathlib.Path(settings.RUN).glob("canary-*")
    ]
    tests, events, leaks = (sum(int(count[i]) for count in counts) for i in range(3))
    terminalreporter.write_line(f"canaries: looked for in {events} events of {tests} tests, {leaks} in clear")
