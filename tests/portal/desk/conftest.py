"""Every test of the desk has staff sign-in configured."""

from collections.abc import Iterator

import pytest

from tests.fixtures import staff_desk
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    with staff_desk.configured():
        yield Desk(world)
