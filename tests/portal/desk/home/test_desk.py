"""The desk lists what waits, as far as the reader's rights reach, and names no person of a customer."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from audit.foundation import clock
from audit.models import Event
from delegation.continuity_grades import queries as grade_queries
from delegation.people.commands import members as people_commands
from identity.organizations.models import BusinessUnit
from identity.people.models import User
from portal.desk.home import context
from portal.desk.home.context import DeskHomePage
from provisioning.removals import queries as removals_queries
from provisioning.targets.models import Target
from tests.fixtures import connected_services, staff_rights
from tests.fixtures.connected_services import ConnectedServices
from tests.fixtures.pages import count_statements, page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
QUIET, BUSY = 11, 12
"""Statements without and with unconfirmed removals, two of them for the frame of every staff page."""


@pytest.fixture
def services(world: World, settings: LazySettings) -> Iterator[ConnectedServices]:
    """Connect the shop and a CRM that is paused."""
    with connected_services.connected(world, settings) as connected:
        connected.pause_crm()
        yield connected


def page(desk: Desk, role: str = "support", unit: BusinessUnit | None = None) -> DeskHomePage:
    return page_model(desk.browser(role, unit=unit).get("/staff/"), DeskHomePage)


def remove(world: World, services: ConnectedServices) -> None:
    people_commands.remove(actor=actor_of(world.aino), memberships=[world.mikko], reason="left")
    services.deliver()
    move_clock(61)


def test_customers_with_fewer_than_two_working_admins_are_at_risk_those_with_none_first(desk: Desk) -> None:
    shown = page(desk)
    assert [(one.customer, one.fact) for one in shown.risks] == [
        ("Pohjolan Sähkö Oy", "1 working admin. Two are needed.")
    ]
    desk.world.remove(desk.world.paivi)
    with bypassing_commands():
        User.objects.filter(id=desk.world.tiina.user_id).update(mail_bounced_at=clock.now())
    assert [(one.customer, one.grade) for one in page(desk).risks] == [
        ("Pohjolan Sähkö Oy", "No admin"),
        ("Rakennusliike Koskela Oy", "Weak"),
    ]


def test_unconfirmed_removal_is_listed_without_a_name_and_leads_to_the_customer(
    desk: Desk, services: ConnectedServices
) -> None:
    remove(desk.world, services)
    shown = page(desk)
    ((customer, url, people, systems),) = [
        (one.customer, one.url, one.people, one.systems) for one in shown.removals
    ]
    assert (customer, people) == ("Rakennusliike Koskela Oy", "1 person")
    assert (url, systems) == ("/staff/organizations/koskela/", "CRM portal")
    text = visible_text(desk.browser("support").get("/staff/"))
    assert "Mikko" not in text
    assert "3 waiting" in text
    assert not Event.objects.filter(verb="customer_data.read").exists()


def test_removals_and_risks_of_another_unit_are_not_listed(desk: Desk, services: ConnectedServices) -> None:
    remove(desk.world, services)
    shown = page(desk, unit=desk.staff.eesti)
    assert shown.removals == []
    assert [one.customer for one in shown.risks] == ["Tamm OÜ"]


def test_removals_of_other_customers_do_not_hide_the_readers_own(
    desk: Desk, services: ConnectedServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    remove(world, services)
    people_commands.remove(actor=actor_of(world.tiina), memberships=[world.stina], reason="left")
    services.deliver()
    move_clock(122)
    monkeypatch.setattr(removals_queries, "OLDEST", 1)
    sanna = staff_rights.hired("Sanna Heikkilä")
    desk.staff.give(sanna, "support", organization=world.pohjola)
    shown = page_model(desk.signed_in(sanna, "support").get("/staff/"), DeskHomePage)
    assert [one.customer for one in shown.removals] == ["Pohjolan Sähkö Oy"]


def test_more_removals_than_are_listed_are_mentioned(
    desk: Desk, services: ConnectedServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove(desk.world, services)
    people_commands.remove(actor=actor_of(desk.world.aino), memberships=[desk.world.olli], reason="left")
    services.deliver()
    move_clock(122)
    monkeypatch.setattr(context, "MAX_REMOVALS", 1)
    answer = desk.browser("support").get("/staff/")
    shown = page_model(answer, DeskHomePage)
    assert (len(shown.removals), shown.more_removals) == (1, True)
    assert [one.count for one in shown.counters if one.url == "#removals"] == ["1+"]
    assert "More removals are unconfirmed than are listed here." in visible_text(answer)


def test_failing_system_is_listed_for_operators_with_what_waits(
    desk: Desk, services: ConnectedServices
) -> None:
    remove(desk.world, services)
    Target.objects.filter(application__key="crm").update(down_since=clock.now(), failures=3)
    shown = page(desk, "operator")
    assert [(one.name, one.waits) for one in shown.systems] == [("CRM portal", "Waiting: 1 removal")]
    assert (shown.removals, shown.risks) == ([], [])


def test_desk_without_anything_to_do_says_so(desk: Desk) -> None:
    shown = desk.browser("operator").get("/staff/")
    assert page_model(shown, DeskHomePage).waiting == 0
    assert "Nothing to do" in visible_text(shown)
    assert "Your sign-in" in visible_text(shown)
    assert "You have no rights yet." not in visible_text(shown)


def test_staff_member_without_a_right_sees_no_worklist(desk: Desk, services: ConnectedServices) -> None:
    del services
    Target.objects.filter(application__key="crm").update(down_since=clock.now())
    answer = desk.signed_in(desk.staff.otso, "support").get("/staff/")
    shown = page_model(answer, DeskHomePage)
    assert (shown.waiting, shown.has_no_right) == (0, True)
    assert "You have no rights yet." in visible_text(answer)


def test_more_customers_at_risk_than_are_listed_are_mentioned(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.world.remove(desk.world.paivi)
    monkeypatch.setattr(grade_queries, "MAX_AT_RISK", 1)
    shown = page(desk)
    assert ([one.customer for one in shown.risks], shown.more_risks) == (["Pohjolan Sähkö Oy"], True)
    assert [one.count for one in shown.counters if one.url == "#risks"] == ["1+"]


@pytest.mark.parametrize("role", ["support", "senior_support", "account_manager", "auditor"])
def test_each_role_that_reads_customers_sees_those_at_risk(desk: Desk, role: str) -> None:
    assert [one.customer for one in page(desk, role).risks] == ["Pohjolan Sähkö Oy"]


def test_desk_takes_as_many_statements_for_one_as_for_several(
    desk: Desk, services: ConnectedServices
) -> None:
    browser = desk.browser("support")
    assert count_statements(browser, "/staff/") == QUIET
    remove(desk.world, services)
    browser.get("/staff/")  # notes the use of the session
    assert count_statements(browser, "/staff/") == BUSY
    people_commands.remove(
        actor=actor_of(desk.world.aino), memberships=[desk.world.olli, desk.world.vilma], reason="left"
    )
    services.deliver()
    move_clock(122)
    browser.get("/staff/")
    assert count_statements(browser, "/staff/") == BUSY
