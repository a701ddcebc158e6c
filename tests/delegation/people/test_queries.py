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
        ("- . ,", set()),
        ("Makinen", {"Olli Mäkinen"}),
        ("MAKINEN OLLI", {"Olli Mäkinen"}),
        ("Virtanen Aino", {"Aino Virtanen"}),
        ("laine mikko", {"Mikko Laine"}),
        ("lai mik", {"Mikko Laine"}),
        ("aine", set()),
        ("laine olli", set()),
        ("koskela", set()),
        ("mikko@koskela.example", {"Mikko Laine"}),
        ("laine mikko@", {"Mikko Laine"}),
        ("oulu", {"Sami Lehto", "Olli Mäkinen"}),
        ("Tampere", {"Mikko Laine"}),
        ("oulu makinen", {"Olli Mäkinen"}),
        ("tampere makinen", set()),
        ("rovaniemi", set()),
    ],
)
def test_search_finds_members_by_words_of_name_address_and_sites(
    world: World, text: str, expected: set[str]
) -> None:
    found = queries.matching(
        actor=actor_of(world.aino),
        organization=world.koskela.id,
        at=clock.now(),
        filters=queries.PeopleFilter(text=text),
    )
    assert set(found.values_list("user__name", flat=True)) == expected


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Łukasz Wójcik", "Lukasz Wojcik"), ("Łukasz Wójcik", "wójcik łukasz"), ("Lukasz Nowak", "Łukasz"),
        ("Jürgen Groß", "gross jurgen"), ("Jürgen Groß", "GROSS"), ("Søren Kjær", "Soren Kjaer"),
        ("Åke Öberg", "ake oberg"),
        ("Åke Öberg", "Öberg, Åke"), ("Anna-Maija Salmi", "maija"), ("Anna-Maija Salmi", "anna-maija salmi"),
        ("Þór Guðmundsson", "thor gudmundsson"), ("Sinéad O’Brien", "obrien sinead"), ("Sinéad O’Brien", "o'brien"),
        ("Nguyễn Thị Hương", "nguyen huong"), ("Дмитрий Иванов", "иванов"), ("Ioánna Παπαδοπούλου", "παπαδοπουλου"),
    ],
)  # fmt: skip
def test_search_finds_names_by_letters_without_marks(world: World, name: str, typed: str) -> None:
    member = world.member(world.koskela, name, "viewer", email="x.y@koskela.example")
    filters = queries.PeopleFilter(text=typed)
    found = queries.matching(
        actor=actor_of(world.aino), organization=world.koskela.id, at=clock.now(), filters=filters
    )
    assert list(found) == [member]


def test_former_members_are_found_by_their_name(world: World) -> None:
    world.remove(world.mikko)
    for text, former in (("laine mikko", True), ("laine", False)):
        filters = queries.PeopleFilter(text=text, former=former)
        found = queries.matching(
            actor=actor_of(world.aino), organization=world.koskela.id, at=clock.now(), filters=filters
        )
        assert list(found) == ([world.mikko] if former else [])
