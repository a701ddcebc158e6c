"""From an act to what the other side holds, judged by its own store."""

import time
from collections.abc import Callable

import pytest

from provisioning import deliverer as provisioning_deliverer
from provisioning.accounts import planner
from provisioning.accounts.models import Account
from provisioning.targets.models import Target
from tests.fixtures import fake_target as far
from tests.fixtures.deliveries import eventually, settled
from tests.fixtures.world import World

EXTENSION = "urn:ietf:params:scim:schemas:extension:keyholder:2.0:User"


def test_everybody_with_a_right_is_told_with_tier_limit_and_site(
    world: World, shop: far.Server, ordering: Target, deliverer: Callable[[], object]
) -> None:
    deliverer()
    eventually(settled)
    mikko = shop.one(world.mikko.user_id)
    assert mikko["active"] is True
    assert mikko["userName"] == world.mikko.user.email
    said = mikko[EXTENSION]
    assert [one["key"] for one in said["organizations"]] == ["koskela", "pohjola"]
    placing = next(one for one in said["grants"] if one["entitlement"] == "ordering:orders.place")
    assert (placing["role"], placing["siteName"]) == ("orderer", "Tampere")
    (limit,) = said["limits"]
    assert (limit["amount"], limit["currency"], limit["period"]) == ("5000.00", "EUR", "order")
    assert set(Account.objects.values_list("state", flat=True)) <= {"in_place", "not_needed"}


def test_a_leaver_is_gone_at_the_other_side_and_stays_for_the_other_customer(
    world: World, shop: far.Server, ordering: Target, deliverer: Callable[[], object]
) -> None:
    deliverer()
    eventually(settled)
    world.remove(world.olli)
    eventually(lambda: shop.one(world.olli.user_id)["active"] is False)
    world.remove(world.mikko)
    eventually(lambda: len(_active_organizations(shop, world)) == 1)
    mikko = shop.one(world.mikko.user_id)
    assert mikko["active"] is True
    assert _active_organizations(shop, world) == ["pohjola"]


def test_a_sweep_that_takes_long_is_not_put_off_for_long(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody gives notice of what a retry, a boundary or a putting right makes due: the sweep finds it."""
    monkeypatch.setattr(planner, "sweep", lambda **_: time.sleep(0.3))
    deliverer = provisioning_deliverer.Deliverer()
    deliverer._sweep()
    pause = deliverer._next_sweep - time.monotonic()
    assert provisioning_deliverer.SWEEP_SECONDS < pause <= 5


def _active_organizations(shop: far.Server, world: World) -> list[str]:
    said = shop.one(world.mikko.user_id)[EXTENSION]
    return [one["key"] for one in said["organizations"] if one["active"]]
