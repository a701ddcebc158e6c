"""Lists of members by several values of a filter and in every order, page by page."""

import datetime as dt
import uuid

import psycopg
import pytest
from django.db import connection

from audit.foundation import clock
from delegation.people import facets, queries
from delegation.people.ordering import Order
from delegation.people.queries import PeopleFilter
from delegation.people.recency import Recency
from identity.memberships.models import Membership
from identity.people import search
from identity.sessions.models import LastSignIn
from portal import embedded_postgres
from tests.fixtures import cluster
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

DAYS_AGO: dict[str, float] = {"mikko": 1, "olli": 29.9, "vilma": 30.1, "paivi": 89.9, "ulla": 90.1}
"""Of the last sign-in; Aino and Sami have none."""


@pytest.fixture
def signed_in_world(world: World, database_urls: cluster.Urls) -> World:
    at = clock.now()
    with psycopg.connect(database_urls[embedded_postgres.OWNER], autocommit=True) as owner:
        for name, days in DAYS_AGO.items():
            member = getattr(world, name).id
            owner.execute("SELECT identity_note_sign_in(%s, %s)", [member, at - dt.timedelta(days=days)])
    return world


def first_names(world: World, by: Membership | None = None, **filters: object) -> list[str]:
    """First names in the order of the list, read in pages of two, forwards and back again."""
    actor, at = actor_of(by or world.aino), clock.now()
    readable = queries.readable(actor=actor, organization=world.koskela.id, at=at)
    names: list[str] = []
    after: uuid.UUID | None = None
    pages = []
    while True:
        criteria = PeopleFilter(after=after, **filters)  # type: ignore[arg-type]
        rows = queries.narrowed(rows=readable, organization=world.koskela.id, at=at, filters=criteria)
        page = queries.page(rows=rows, filters=criteria, at=at, among=readable, size=2)
        pages.append([row.user.name.split()[0] for row in page.rows])
        names += pages[-1]
        if page.previous and len(pages) > 1:
            back = PeopleFilter(before=page.previous, **filters)  # type: ignore[arg-type]
            before = queries.page(rows=rows, filters=back, at=at, among=readable, size=2)
            assert [row.user.name.split()[0] for row in before.rows] == pages[-2]
        after = page.next
        if after is None:
            return names


BY_NAME = ["Ulla", "Olli", "Mikko", "Päivi", "Sami", "Vilma", "Aino"]


def test_every_order_lists_each_member_once_and_turns_around(signed_in_world: World) -> None:
    world = signed_in_world
    by_name = first_names(world)
    assert sorted(by_name) == sorted(BY_NAME)
    assert first_names(world, order=Order.NAME_TURNED) == by_name[::-1]
    by_access = first_names(world, order=Order.ACCESS)
    assert by_access[0] == "Vilma"
    assert set(by_access[-2:]) == {"Aino", "Päivi"}
    assert sorted(first_names(world, order=Order.ACCESS_TURNED)) == sorted(by_name)
    assert set(first_names(world, order=Order.ACCESS_TURNED)[:2]) == {"Aino", "Päivi"}


def test_members_without_a_recorded_sign_in_are_last_and_in_the_order_of_names(
    signed_in_world: World,
) -> None:
    world = signed_in_world
    never = [name for name in first_names(world) if name in {"Aino", "Sami"}]
    by_sign_in = ["Mikko", "Olli", "Vilma", "Päivi", "Ulla"]
    assert first_names(world, order=Order.SEEN) == [*by_sign_in, *never]
    assert first_names(world, order=Order.SEEN_TURNED) == [*never, *by_sign_in[::-1]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([Recency.MONTH], {"Mikko", "Olli"}),
        ([Recency.QUARTER], {"Vilma", "Päivi"}),
        ([Recency.OLDER], {"Ulla"}),
        ([Recency.NEVER], {"Aino", "Sami"}),
        ([Recency.NEVER, Recency.OLDER], {"Aino", "Sami", "Ulla"}),
        (list(Recency), set(BY_NAME)),
    ],
)
def test_members_are_filtered_and_counted_by_the_same_periods(
    signed_in_world: World, values: list[Recency], expected: set[str]
) -> None:
    world = signed_in_world
    assert set(first_names(world, recency=values)) == expected
    ids = set(Membership.objects.filter(organization=world.koskela).values_list("id", flat=True))
    counts = facets.by_recency(among=ids, at=clock.now())
    assert sum(counts[value] for value in values) == len(expected)


def test_several_values_of_filters_are_joined_by_or_and_the_filters_by_and(world: World) -> None:
    assert set(first_names(world, roles=["viewer", "orderer"])) == {"Vilma", "Mikko", "Olli"}
    assert set(first_names(world, roles=["orderer"], sites=[world.oulu.id])) == {"Olli"}
    assert set(first_names(world, roles=["viewer", "orderer"], sites=[world.oulu.id], text="olli")) == {
        "Olli"
    }
    assert first_names(world, roles=["viewer"], text="olli") == []


def test_role_and_site_are_asked_of_one_assignment(world: World) -> None:
    accesses = facets.accesses(memberships=[world.mikko.id, world.vilma.id, world.olli.id], at=clock.now())
    among = {world.mikko.id, world.olli.id}
    assert facets.by_role(accesses, among) == {"orderer": 2}
    assert facets.by_site(accesses, among, [world.tampere.id, world.oulu.id]) == {
        world.tampere.id: 1,
        world.oulu.id: 1,
    }


def test_sites_are_counted_where_they_are_asked_for_alone(world: World) -> None:
    """Mikko has one site, Vilma all."""
    members = {world.mikko.id, world.olli.id, world.vilma.id}
    accesses = facets.accesses(memberships=members, at=clock.now())
    assert facets.by_site(accesses, members, [world.oulu.id]) == {world.oulu.id: 2}
    assert facets.by_site(accesses, members, [world.tallinn.id]) == {world.tallinn.id: 1}


def test_position_of_a_member_that_the_reader_may_not_see_gives_the_first_page(
    signed_in_world: World,
) -> None:
    world = signed_in_world
    actor, at = actor_of(world.sami), clock.now()
    readable = queries.readable(actor=actor, organization=world.koskela.id, at=at)
    for order in Order:
        for position in (world.mikko.id, uuid.uuid4()):
            pages = []
            for after in (None, position):
                filters = PeopleFilter(order=order, after=after)
                rows = queries.narrowed(rows=readable, organization=world.koskela.id, at=at, filters=filters)
                page = queries.page(rows=rows, filters=filters, at=at, among=readable)
                pages.append([row.id for row in page.rows])
            assert pages[0] == pages[1]


def test_list_without_last_sign_ins_reads_none(world: World) -> None:
    assert not LastSignIn.objects.exists()
    assert set(first_names(world, recency=[Recency.NEVER])) == set(BY_NAME)


@pytest.mark.parametrize("text", ["'", "’", "`", "´", "¨", "\u0301", "－", "' ´"])
def test_search_without_a_letter_finds_no_person(world: World, text: str) -> None:
    assert first_names(world, text=text) == []
    assert first_names(world, text=f"{text} olli") == ["Olli"]


def test_character_that_the_database_leaves_out_is_no_searched_word(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT chr(n) FROM generate_series(1, 131071) n WHERE n NOT BETWEEN 55296 AND 57343"
            " AND rtrim(public.identity_search_text(chr(n), '')) = ''"
        )
        empty = [row[0] for row in cursor.fetchall()]
    assert len(empty) > 100
    assert [hex(ord(character)) for character in empty if search.words(character)] == []


def test_page_continues_after_a_member_of_its_own_rows(world: World) -> None:
    at = clock.now()
    rows = queries.readable(actor=actor_of(world.aino), organization=world.koskela.id, at=at)
    first = queries.page(rows=rows, filters=PeopleFilter(), at=at, size=2)
    second = queries.page(rows=rows, filters=PeopleFilter(after=first.next), at=at, size=2)
    whole = queries.page(rows=rows, filters=PeopleFilter(), at=at, size=50).rows
    assert [*first.rows, *second.rows] == list(whole[:4])
