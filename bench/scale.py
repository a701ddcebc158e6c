"""Among 1,000,000 people, this bench measures what others wait for: statements, milliseconds, and tables read whole.

`python -m bench scale`; ORGANIZATIONS and PEOPLE (of one organization) in the environment make it smaller.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psycopg

from audit.foundation.errors import TooSlow
from bench import database
from portal import embedded_postgres

if TYPE_CHECKING:
    from tests.fixtures.world import World

ORGANIZATIONS = int(os.environ.get("ORGANIZATIONS", "10000"))
PEOPLE = int(os.environ.get("PEOPLE", "100"))
ROUNDS = 7
ONCE = frozenset({"removal", "one event", "sweep", "sweep for unread chains"})
"""What changes something: the second time it would do nothing."""


def run() -> None:
    """Print one line for each path of `tests/scale/paths.py`, and for the difference of a catalogue."""
    with database.installation() as server:
        from tests.fixtures.world import World
        from tests.scale import crowd

        world = World()
        crowd.register_targets(world, "ordering", "crm")
        begin = time.perf_counter()
        with psycopg.connect(server.url_of(embedded_postgres.OWNER), autocommit=True) as owner:
            crowd.fill(owner, organizations=ORGANIZATIONS, people=PEOPLE, due=crowd.CRM_IS_DUE)
        seconds = round(time.perf_counter() - begin)
        database.emit(
            "scale.world", organizations=ORGANIZATIONS, people=ORGANIZATIONS * PEOPLE, seconds=seconds
        )
        for name, call in _paths(world):
            try:
                _measure(name, call, rounds=1 if name in ONCE else ROUNDS)
            except TooSlow:  # as its page says then; the others are measured all the same
                database.emit(f"scale.{name}", too_slow=True)


def _paths(world: "World") -> Iterator[tuple[str, Callable[[], object]]]:
    from bench import catalogue_wave
    from tests.scale import paths

    chain = paths.someone(world).organization_id
    yield from paths.desk(world).items()
    yield from paths.dry_run_paths().items()
    yield "difference of a catalogue", catalogue_wave.difference
    yield from paths.pages(world).items()
    with paths.as_deliverer():
        yield from paths.deliveries(chain).items()


def _measure(name: str, call: Callable[[], object], *, rounds: int) -> None:
    """Explain first, where the call may be repeated; an explained statement also runs."""
    from tests.scale import plans

    whole = plans.whole_reads(call) if rounds > 1 else None
    times, statements = [], 0
    for _round in range(rounds):
        with plans.counting() as counted:
            begin = time.perf_counter()
            call()
            times.append((time.perf_counter() - begin) * 1000)
        statements = counted.number
    database.emit(
        f"scale.{name}",
        statements=statements,
        ms=round(statistics.median(times), 1),
        slowest_ms=round(max(times), 1),
        **({} if whole is None else {"whole": whole}),
    )
