"""Sanna is account manager of the unit of Koskela and Pohjola."""

import pytest

from audit.foundation.actor import Actor
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World


@pytest.fixture
def staff(world: World) -> Staff:
    return Staff(world)


@pytest.fixture
def sanna(staff: Staff) -> Actor:
    return staff.hire("Sanna Heikkilä", "account_manager", unit=staff.kivisalo)
