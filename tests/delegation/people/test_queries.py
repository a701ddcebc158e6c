"""What a page shows beside a member: namesakes, and the person's memberships in other organizations."""

import pytest

from audit.foundation import clock
from delegation.people import queries
from identity.memberships.models import Membership
from tests.fixtures.grant_conditions import changed
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(by: Membership, member: Membership) -> list[Membership]:
    return queries.in_other_organizations(actor=actor_of(by), member=member, at=clock.now())


def test_memberships_elsewhere_are_the_present_ones_that_the_actor_may_see(world: World) -> None:
    world.member(world.pohjola, "Aino Virtanen", "organization_admin", user=world.aino.user)
    assert elsewhere(world.aino, world.mikko) == [world.mikko_at_pohjola]
    assert elsewhere(world.aino, world.mikko_at_pohjola) == [world.mikko]
    assert elsewhere(world.aino, world.vilma) == []
    assert elsewhere(world.paivi, world.mikko) == []
    world.remove(world.mikko_at_pohjola, by=world.tiina)
    assert elsewhere(world.aino, world.mikko) == []


def test_namesake_is_another_present_member_that_the_actor_may_see(world: World) -> None:
    def namesake(by: Membership) -> Membership | None:
        return queries.same_name(actor=actor_of(by), member=world.mikko, at=clock.now())

    assert namesake(world.aino) is None
    with changed(Membership.objects.filter(id=world.olli.id), sort_key=world.mikko.sort_key):
        assert namesake(world.aino) == world.olli
        assert namesake(world.vilma) is None
        world.remove(world.olli)
        assert namesake(world.aino) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("laine", {"Mikko Laine"}),
        ("  LAINE ", {"Mikko Laine"}),
        ("mäkinen", {"Olli Mäkinen"}),
        ("ulla@koskela", {"Ulla Nieminen"}),
        ("ULLA@KOSKELA", {"Ulla Nieminen"}),
        ("heikkinen", set()),
        ("%", set()),
    ],
)
def test_search_finds_members_by_a_part_of_the_name_or_address(
    world: World, text: str, expected: set[str]
) -> None:
    found = queries.matching(
        actor=actor_of(world.aino),
        organization=world.koskela.id,
        at=clock.now(),
        filters=queries.PeopleFilter(text=text),
    )
    assert set(found.values_list("user__name", flat=True)) == expected
