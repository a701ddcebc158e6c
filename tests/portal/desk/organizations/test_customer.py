"""The page of a customer shows what the supplier knows of it, and nothing that changes people."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from audit.foundation import clock
from delegation.people.commands import members as people_commands
from identity.people.models import User
from portal.desk.organizations.context import CustomerPage
from provisioning import continuity_watch
from tests.fixtures import connected_services
from tests.fixtures.connected_services import ConnectedServices
from tests.fixtures.pages import count_statements, page_model, plain, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/staff/organizations/koskela/"
FIRST, STATEMENTS = 14, 10
"""Of the first page in an hour and of the next ones, at most fourteen.

Two of the frame, one of the customer, five or six of the reading, four of the grade and the parts.
"""


@pytest.fixture
def services(world: World, settings: LazySettings) -> Iterator[ConnectedServices]:
    """Connect the shop and a CRM that is paused."""
    with connected_services.connected(world, settings) as connected:
        connected.pause_crm()
        yield connected


def customer_page(desk: Desk, role: str = "support") -> CustomerPage:
    return page_model(desk.browser(role).get(URL), CustomerPage)


def test_customer_is_shown_in_numbers_with_its_tiers_and_highest_limits(desk: Desk) -> None:
    page = customer_page(desk)
    assert page.counts == ["7 people", "3 sites", "0 pending invitations"]
    rows = [(row.name, row.people, row.recent, plain(row.limit)) for row in page.tiers]
    assert ("Orderer", "2", "0", "up to 5 000 € an order") in [
        (name, people, recent, limit.replace(",", " ")) for name, people, recent, limit in rows
    ]
    assert ("Viewer", "1", "0", "") in rows
    assert [(admin.name, admin.email) for admin in page.admins] == [
        ("Aino Virtanen", "aino@koskela.example"),
        ("Päivi Korhonen", "paivi@koskela.example"),
    ]
    assert {row.service for row in page.offer} == {"CRM portal", "Web shop"}
    assert (page.people_url, page.activity_url) == (f"{URL}people/", f"{URL}activity")


def test_grade_says_since_when_it_is_lower(desk: Desk) -> None:
    continuity_watch.examine_all()
    with bypassing_commands():
        User.objects.filter(id=desk.world.paivi.user_id).update(mail_bounced_at=clock.now())
    continuity_watch.examine_all()
    grade = customer_page(desk).grade
    assert (grade.word, grade.facts[0].title) == ("Weak", "1 working admin")
    assert grade.note.startswith("Was Fair until ")
    assert grade.note.partition(". ")[2].startswith("Admins were asked by mail on ")


def test_connected_systems_say_what_waits(desk: Desk, services: ConnectedServices) -> None:
    world = desk.world
    people_commands.remove(actor=actor_of(world.aino), memberships=[world.mikko], reason="left")
    services.deliver()
    systems = {system.name: system for system in customer_page(desk).systems}
    assert (systems["CRM portal"].state, systems["Web shop"].state) == ("failed", "")
    assert systems["CRM portal"].waits


@pytest.mark.parametrize("role", ["support", "senior_support", "account_manager", "auditor"])
def test_each_role_sees_the_page_without_a_form_that_changes_people(desk: Desk, role: str) -> None:
    answer = desk.browser(role).get(URL)
    assert "Aino Virtanen" in visible_text(answer)
    _frame, main = answer.content.split(b"<main", 1)
    assert (b"<form" in main, b"/o/koskela" in main) == (False, False)


def test_page_takes_as_many_statements_for_few_people_as_for_more(desk: Desk) -> None:
    browser = desk.browser("support")
    browser.get("/staff/")
    assert count_statements(browser, URL) == FIRST
    assert count_statements(browser, URL) == STATEMENTS
    desk.world.member(desk.world.koskela, "Nelli Aalto", "orderer")
    assert count_statements(browser, URL) == STATEMENTS
