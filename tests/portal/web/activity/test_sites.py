"""A reader limited to sites reads the log of these sites: sentences, search, filters, counts and receipts."""

import uuid

import pytest

from audit.foundation import clock
from audit.models import Event
from delegation.activity import queries as activity_queries
from delegation.activity.queries import EventFilter
from delegation.activity.scope import log_scope
from delegation.authorization.event_types import Observation
from identity.memberships.models import Membership
from portal.web.home.context import HomePage
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, page_model, visible_text
from tests.fixtures.world import World, actor_of
from tests.portal.web.activity.log_pages import activity_page, record_own_event, sentences

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = ("Mikko", "mikko@", "Tampere", "Tallinn", "Nelli", "nelli@")
"""What stands in the log about other sites than Oulu."""


@pytest.fixture
def oona(world: World) -> Membership:
    """A security admin for Oulu alone."""
    return world.member(world.koskela, "Oona Oulula", "security_admin", sites=[world.oulu])


@pytest.fixture
def history(world: World, oona: Membership) -> None:
    """Events about people of Oulu (Olli), of Tampere (Mikko) and of all sites (Vilma), and invitations."""
    world.invite(
        world.koskela,
        "nelli@koskela.example",
        world.access("viewer", sites=[world.tampere]),
        actor=actor_of(world.aino),
        name="Nelli Uusi",
    )
    world.change(world.mikko, world.access("viewer", sites=[world.tampere, world.tallinn]))
    world.change(world.olli, world.access("viewer", sites=[world.oulu]))
    for member in (world.mikko, world.olli):
        record_own_event(member, Observation.FACTOR_ADDED)


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    "query",
    ["", "?what=access", "?what=sign_in", "?what=invitations", "?q=mikko", "?q=nelli", "?outcome=done"],
)
def test_log_for_a_reader_of_one_site_names_no_person_of_another(
    world: World, oona: Membership, query: str
) -> None:
    page = activity_page(signed_in.browser(oona), query)
    texts = [f"{event.actor} {event.text} {event.sub} {event.deliveries}" for event in page.events]
    assert [text for text in texts if any(word in text for word in ELSEWHERE)] == []
    whole = activity_page(signed_in.browser(world.aino), query).events
    assert [
        event
        for event in whole
        if any(word in f"{event.actor} {event.text} {event.sub}" for word in ELSEWHERE)
    ]


@pytest.mark.usefixtures("history")
def test_file_for_a_reader_of_one_site_names_no_person_of_another(world: World, oona: Membership) -> None:
    own, whole = (
        signed_in.browser(reader).get(f"{KOSKELA}/activity/export?format=csv").content.decode()
        for reader in (oona, world.aino)
    )
    assert "Aino Virtanen changed Olli Mäkinen’s access" in own
    assert '"whole_organization","False"' in own
    assert [word for word in ELSEWHERE if word in own] == []
    assert [word for word in ELSEWHERE if word in whole] != []


@pytest.mark.usefixtures("history")
def test_log_for_a_reader_of_one_site_holds_its_people(world: World, oona: Membership) -> None:
    page = activity_page(signed_in.browser(oona))
    assert "Aino Virtanen changed Olli Mäkinen’s access" in sentences(page)
    assert page.sub == "You see changes that concern people at your sites, and your own."
    found = sentences(activity_page(signed_in.browser(oona), "?q=olli"))
    assert "Olli Mäkinen joined" in found
    assert activity_page(signed_in.browser(oona), "?what=sign_in").events != []


@pytest.mark.usefixtures("history")
def test_filter_by_a_person_of_another_site_names_nobody(world: World, oona: Membership) -> None:
    response = signed_in.browser(oona).get(f"{KOSKELA}/activity?person={world.mikko.id}")
    assert "Mikko" not in visible_text(response)
    unknown = signed_in.browser(oona).get(f"{KOSKELA}/activity?person={world.somewhere}")
    assert visible_text(response) == visible_text(unknown)


@pytest.mark.usefixtures("history")
def test_position_at_an_event_of_another_site_is_that_of_a_random_id(world: World, oona: Membership) -> None:
    """The place of an event in the reader's list would say when something happened that the reader may not see."""
    scope = log_scope(actor=actor_of(oona), organization=world.koskela.id, at=clock.now())
    hidden = Event.objects.filter(subject=world.mikko.id).latest("at").id
    filters = [
        (EventFilter(before=hidden), EventFilter(before=uuid.uuid4())),
        (EventFilter(after=hidden), EventFilter(after=uuid.uuid4())),
    ]
    for at_hidden, at_random in filters:
        page = activity_queries.page(scope=scope, filters=at_hidden)
        assert page.events
        assert page == activity_queries.page(scope=scope, filters=at_random)


@pytest.mark.usefixtures("history")
def test_start_page_for_a_reader_of_one_site_names_no_person_of_another(
    world: World, oona: Membership
) -> None:
    events = page_model(signed_in.browser(oona).get(KOSKELA + "/"), HomePage).events
    assert events
    assert [event.text for event in events if any(word in event.text for word in ELSEWHERE)] == []


def test_receipt_of_a_removal_by_another_person_is_for_readers_of_the_whole_log(
    world: World, oona: Membership
) -> None:
    act = world.remove(world.mikko).act
    assert signed_in.browser(oona).get(f"{KOSKELA}/acts/{act}").status_code == 404
    assert signed_in.browser(world.paivi).get(f"{KOSKELA}/acts/{act}").status_code == 200


@pytest.mark.usefixtures("history")
def test_log_of_a_reader_limited_to_sites_holds_the_reader_s_own_acts(world: World) -> None:
    """A person who was removed has no site any more: the one who removed sees it all the same."""
    world.remove(world.olli, by=world.sami)
    scope = log_scope(actor=actor_of(world.sami), organization=world.koskela.id, at=world.olli.created_at)
    verbs = {event.verb for event in scope.events()}
    assert "member.remove" in verbs
    assert not scope.whole
    page = activity_queries.page(scope=scope, filters=activity_queries.EventFilter())
    assert {event.subject for event in page.events if event.verb == "member.remove"} == {world.olli.id}
