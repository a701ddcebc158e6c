"""The recorded form of assignments names every part of the access."""

import datetime as dt
from decimal import Decimal

import pytest

from audit.foundation import clock
from delegation.access import store
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.values import AccessSpec, AmountLimit
from tests.fixtures.world import PLACE, World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def test_snapshot_has_role_sites_limits_and_end_of_each_assignment(world: World) -> None:
    until = clock.now() + dt.timedelta(days=3)
    monthly = AmountLimit(Decimal("1234.50"), period="month")
    sites = frozenset([world.oulu.id, world.tampere.id])
    world.change(
        world.vilma, AccessSpec("orderer", all_sites=False, sites=sites, limits={PLACE: monthly}, until=until)
    )
    with bypassing_commands():
        row = Assignment.objects.get(membership=world.vilma, valid_until=until)
        row.limits.update(currency="SEK")
    ids, at = [world.vilma.id, world.aino.id], clock.now()
    assert store.snapshot(memberships=[*ids, world.somewhere], at=at) == {
        world.vilma.id: [
            {
                "assignment": str(row.id),
                "role": "orderer",
                "all_sites": False,
                "sites": sorted(map(str, sites)),
                "limits": {PLACE: {"amount": "1234.50", "currency": "SEK", "period": "month"}},
                "until": until.isoformat(),
            }
        ],
        world.aino.id: [
            {
                "assignment": str(Assignment.objects.get(membership=world.aino).id),
                "role": "organization_admin",
                "all_sites": True,
                "sites": [],
                "limits": {},
                "until": None,
            }
        ],
    }
    assert store.snapshot(memberships=[world.vilma.id], at=until) == {}
