"""A catalogue change reaches 10,000 organizations: the time of its parts, and of removals meanwhile.

`python -m bench catalogue_wave`; ORGANIZATIONS and PEOPLE in the environment make it smaller.
"""

import os
import statistics
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg

from bench import database
from portal import embedded_postgres

if TYPE_CHECKING:
    from delegation.catalogue.checked_file import CheckedFile
    from delegation.catalogue.defaults import Catalogue
    from tests.fixtures.world import World

ORGANIZATIONS = int(os.environ.get("ORGANIZATIONS", "10000"))
PEOPLE = int(os.environ.get("PEOPLE", "10"))
REMOVALS = 20
PAUSE_SECONDS = 1.5


def run() -> None:
    """Print one line for each part."""
    with database.installation() as server:
        from tests.fixtures.world import World
        from tests.scale import crowd

        world = World()
        crowd.register_targets(world, "ordering")
        _fill(server.url_of(embedded_postgres.OWNER))
        database.emit("world", organizations=ORGANIZATIONS, people=ORGANIZATIONS * PEOPLE)
        begin = time.perf_counter()
        checked = difference()
        database.emit("difference", ms=_ms(begin), people_with_the_tier=checked.affected.holders)
        _apply(world)
        _deliver(world)


def difference() -> "CheckedFile":
    """Compute what a changed file would change, and for how many people. The catalogue must be applied."""
    from audit.foundation import clock
    from delegation.catalogue import checked_file

    return checked_file.check(catalogue=_changed(), at=clock.now())


def _changed() -> "Catalogue":
    """Most people are viewers, who may now open service requests: each of their records is due."""
    from tests.fixtures.world import CATALOGUE

    viewer = next(one for one in CATALOGUE.roles if one.key == "viewer")
    changed = replace(viewer, entitlements=[*viewer.entitlements, "crm:tickets.create"])
    return replace(CATALOGUE, roles=[changed if one is viewer else one for one in CATALOGUE.roles])


def _apply(world: "World") -> None:
    """Apply, and measure how long the supplier's lock is held."""
    from delegation.acts import acting
    from delegation.catalogue import commands

    locked: list[float] = []
    begin_act = acting._begin  # noqa: SLF001 - the instant at which the locks are held

    def begin_measured(*args: object) -> object:
        act = begin_act(*args)  # type: ignore[arg-type]
        locked.append(time.perf_counter())
        return act

    acting._begin = begin_measured  # type: ignore[assignment] # noqa: SLF001
    try:
        begin = time.perf_counter()
        commands.apply(actor=world.system, catalogue=_changed())
        database.emit("apply", ms=_ms(begin), lock_held_ms=_ms(locked[-1]))
    finally:
        acting._begin = begin_act  # noqa: SLF001


def _deliver(world: "World") -> None:
    """Let the engine plan the wave in its threads, and remove people meanwhile."""
    from delegation.catalogue.models import CatalogueWave
    from provisioning import catalogue_waves
    from provisioning.accounts import cursors, planner
    from provisioning.delivery.engine import Engine

    batches: list[float] = []

    def propagate() -> int:
        begin = time.perf_counter()
        done = catalogue_waves.propagate()
        if done:
            batches.append(_ms(begin))
        return done

    engine = Engine(kinds=(), planner=planner, on_stop=_nothing, chores=(propagate,))
    thread = threading.Thread(target=engine.run)
    begin = time.perf_counter()
    thread.start()
    waits = [_removal(number) for number in range(REMOVALS)]
    while CatalogueWave.objects.exists() or cursors.behind(limit=1):
        time.sleep(0.2)
    wave = time.perf_counter() - begin
    engine.stop()
    thread.join()
    del world
    database.emit("removals_meanwhile", n=len(waits), p50_ms=statistics.median(waits), max_ms=max(waits))
    database.emit(
        "wave", seconds=round(wave, 1), calls=len(batches), longest_call_ms=max(batches, default=0.0)
    )


def _nothing() -> None:
    """Release nothing at the end of the engine."""


def _removal(number: int) -> float:
    """Remove a person, and return the milliseconds from the end of the command until the removal is planned."""
    from delegation.people.commands import members
    from identity.memberships.models import Membership
    from provisioning.accounts.models import Account
    from tests.fixtures.world import actor_of

    time.sleep(PAUSE_SECONDS)
    key = f"crowd-{ORGANIZATIONS - number}"
    rows = Membership.objects.select_related("user", "organization").filter(organization__key=key)
    admin, leaver = rows.get(sort_key="person 0"), rows.get(sort_key="person 3")
    done = members.remove(actor=actor_of(admin), memberships=[leaver], reason="bench")
    begin = time.perf_counter()
    while not Account.objects.filter(user=leaver.user_id, act=done.act).exists():
        time.sleep(0.005)
    return _ms(begin)


def _fill(url: str) -> None:
    """Write the crowd of `tests/scale`, as large as this bench needs."""
    from tests.scale import crowd

    with psycopg.connect(url, autocommit=True) as owner:
        crowd.fill(owner, organizations=ORGANIZATIONS, people=PEOPLE, due=crowd.NOTHING_IS_DUE)


def _ms(begin: float) -> float:
    return round((time.perf_counter() - begin) * 1000, 1)
