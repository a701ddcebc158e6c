"""Staff who onboard: Maarja for Kivisalo."""

import pytest

from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World


@pytest.fixture
def staff(world: World) -> Staff:
    return Staff(world)
