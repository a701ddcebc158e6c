"""The choices of a form: tiers and sites that an actor may assign, and the highest amount of each tier."""

from decimal import Decimal

import pytest

from audit.foundation import clock
from delegation.access import assignable
from delegation.access.assignable import AssignableOptions, TierOption
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import ceilings
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from tests.fixtures.world import APPROVE, OFFER, PLACE, World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def options(world: World, by: Membership, verb: Verb = Verb.ACCESS_CHANGE) -> AssignableOptions:
    return assignable.assignable_options(
        actor=actor_of(by), verb=verb, organization=world.koskela.id, at=clock.now()
    )


def tier(world: World, by: Membership, key: str = "approver") -> TierOption:
    found = options(world, by).tier(key)
    assert found is not None
    return found


def highest(world: World, by: Membership, key: str = "approver") -> tuple[int | None, bool]:
    """The highest whole amount of the tier, and whether it comes from the ceiling."""
    found = tier(world, by, key)
    return None if found.max_amount is None else int(found.max_amount), found.max_from_ceiling


def offer(world: World, organization: Organization, **amounts: int | None) -> None:
    """Set the ceilings of orders and approvals."""
    limits = {"place": PLACE, "approve": APPROVE}
    changed = {
        limits[name]: AmountLimit(None if most is None else Decimal(most)) for name, most in amounts.items()
    }
    ceilings.set_ceiling(actor=world.system, organization=organization, offer={**OFFER, **changed})


def test_site_admin_assigns_three_tiers_at_the_own_site(world: World) -> None:
    found = options(world, world.sami)
    assert {one.key for one in found.tiers if one.assignable} == {"viewer", "orderer", "approver"}
    assert (found.all_sites, found.assignable_sites) == (False, frozenset([world.oulu.id]))
    assert [site.name for site in found.sites] == ["Oulu", "Tallinn", "Tampere"]
    assert found.tier("nothing") is None


def test_admin_assigns_every_tier_but_none_of_another_verb(world: World) -> None:
    found = options(world, world.aino)
    assert (found.all_sites, found.assignable_sites) == (
        True,
        frozenset(site.id for site in found.sites),
    )
    for without_verb in (options(world, world.vilma), options(world, world.aino, Verb.CEILING_SET)):
        assert not any(one.assignable for one in without_verb.tiers)
        assert (without_verb.all_sites, without_verb.assignable_sites) == (False, frozenset())
        assert len(without_verb.sites) == 3


def test_tier_names_the_verbs_of_its_holder_and_the_tiers_to_assign(world: World) -> None:
    version = RoleVersion.objects.get(role__key="user_admin")
    found = tier(world, world.aino, "user_admin")
    assert (found.verbs, found.assignable_roles) == (
        frozenset(version.verbs),
        frozenset(version.assignable_roles),
    )
    assert (found.name, found.description) == (version.role.name, version.role.description)
    assert (found.limited_entitlements, found.max_amount) == ([], None)


def test_highest_amount_is_the_lower_of_the_ceiling_and_the_own_authority(world: World) -> None:
    """Sami assigns up to 10 000; Aino up to the ceiling."""
    assert highest(world, world.sami) == (10_000, False)
    assert highest(world, world.aino) == (20_000, True)
    offer(world, world.pohjola, place=3000, approve=3000)
    assert highest(world, world.sami) == (10_000, False)
    offer(world, world.koskela, place=9000, approve=7000)
    assert highest(world, world.sami) == (7000, True)
    assert highest(world, world.sami, "orderer") == (9000, True)
    offer(world, world.koskela, place=10_000, approve=None)
    assert highest(world, world.sami) == (10_000, False)
    offer(world, world.koskela, place=None, approve=None)
    assert highest(world, world.sami) == (10_000, False)
    assert highest(world, world.aino) == (None, True)


def test_amount_is_asked_only_for_offered_entitlements_of_the_tier(world: World) -> None:
    assert tier(world, world.aino).limited_entitlements == [PLACE, APPROVE]
    assert tier(world, world.aino, "orderer").limited_entitlements == [PLACE]
    ceilings.set_ceiling(
        actor=world.system,
        organization=world.koskela,
        offer={**OFFER, APPROVE: None, PLACE: AmountLimit(Decimal(5))},
    )
    assert tier(world, world.aino).limited_entitlements == [PLACE]
    assert highest(world, world.aino) == (5, True)
    ceilings.set_ceiling(
        actor=world.system, organization=world.koskela, offer={**OFFER, APPROVE: None, PLACE: None}
    )
    assert tier(world, world.aino).limited_entitlements == []
    assert (highest(world, world.aino), tier(world, world.aino).currency) == ((None, True), "EUR")


def test_currency_is_that_of_the_ceiling(world: World) -> None:
    crowns = AmountLimit(Decimal(100), "SEK")
    ceilings.set_ceiling(
        actor=world.system, organization=world.koskela, offer={**OFFER, APPROVE: crowns, PLACE: crowns}
    )
    assert (highest(world, world.aino), tier(world, world.aino).currency) == ((100, True), "SEK")


def test_entitlement_that_the_own_tier_may_not_assign_has_an_amount_of_zero(world: World) -> None:
    with bypassing_commands():
        version = RoleVersion.objects.get(role__key="site_admin")
        version.entitlements.filter(entitlement__key=APPROVE).update(assignable=False)
    assert highest(world, world.sami) == (0, False)
    assert highest(world, world.sami, "orderer") == (10_000, False)
