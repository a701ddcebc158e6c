"""The world with a row in every compared table."""

from typing import Any

import pytest

from tests.audit.state import filled
from tests.fixtures import database_reset, state_check
from tests.fixtures.snapshot import RestoreWorld, Snapshot
from tests.fixtures.world import World, move_clock

SCHEMA = "snapshot_filled"


@pytest.fixture
def filled_world(
    restore_world: RestoreWorld,
    reset_database: database_reset.DatabaseReset,
    snapshots: dict[str, Snapshot[Any]],
) -> World:
    """Tables and log agree: that was compared when the snapshot of this worker was made."""

    def make() -> World:
        world = restore_world()
        filled.fill(world)
        assert state_check.differences() == []
        return world

    if SCHEMA not in snapshots:
        snapshots[SCHEMA] = Snapshot(reset_database, schema=SCHEMA, make=make)
    world: World = snapshots[SCHEMA].restore()
    move_clock(filled.CLOCK_SECONDS)
    return world
