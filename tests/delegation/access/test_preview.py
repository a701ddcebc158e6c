"""The preview of an access equals the rights after the change."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from audit.foundation import clock
from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from delegation.authorization.values import AccessSpec
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def plain(rights: list[Right]) -> list[Right]:
    """The rights without membership, assignment and begin."""
    same = {"membership": None, "assignment": None, "valid_from": None}
    return [dataclasses.replace(right, **same) for right in rights]  # type: ignore[arg-type]


@pytest.mark.parametrize("case", ["viewer", "orderer", "approver", "least", "until"])
def test_preview_equals_the_rights_after_the_change(world: World, case: str) -> None:
    requested: AccessSpec = {
        "viewer": world.access("viewer"),
        "orderer": world.access("orderer", sites=[world.oulu, world.tallinn], amount=750),
        "approver": world.access("approver", amount=20000),
        "least": world.access("orderer", sites=[world.oulu], amount=Decimal("0.01")),
        "until": world.access("orderer", until=clock.now() + dt.timedelta(days=3)),
    }[case]
    supposed = entitlements.hypothetical_rights(
        organization=world.koskela.id, access=requested, at=clock.now()
    )

    world.change(world.mikko, requested)

    current = entitlements.rights_of(memberships=[world.mikko.id], at=clock.now())[world.mikko.id]
    assert supposed
    assert plain(supposed) == plain(current)


def test_preview_takes_one_statement(world: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    at = clock.now()
    with django_assert_num_queries(1):
        entitlements.hypothetical_rights(organization=world.pohjola.id, access=world.access("viewer"), at=at)
