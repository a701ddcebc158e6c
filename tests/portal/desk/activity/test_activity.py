"""Staff read the customer's log on a page of its own, and what they read stands in it."""

import pytest

from delegation.people.commands import members as people_commands
from portal.desk.activity.context import CustomerActivityPage
from tests.fixtures.pages import page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import actor_of

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/staff/organizations/koskela/activity"


def test_log_of_the_customer_is_shown_filtered_and_names_its_staff_readers(desk: Desk) -> None:
    world, browser = desk.world, desk.browser("auditor")
    people_commands.remove(actor=actor_of(world.aino), memberships=[world.mikko], reason="left")
    page = page_model(browser.get(URL), CustomerActivityPage)
    assert any(event.actor == "Aino Virtanen" and "Mikko Laine" in event.text for event in page.events)
    assert all(event.retry is None for event in page.events)
    assert (page.customer, page.back_url) == ("Rakennusliike Koskela Oy", "/staff/organizations/koskela/")
    read = page_model(browser.get(f"{URL}?what=staff"), CustomerActivityPage)
    assert [(event.actor, event.text) for event in read.events] == [
        ("Elina Hakala of Kivisalo", "viewed the activity log")
    ]
    of_person = page_model(browser.get(f"{URL}?person={world.mikko.id}"), CustomerActivityPage)
    assert of_person.events
    assert {chip.value for chip in of_person.active_filters} == {"Mikko Laine"}
    assert URL in of_person.active_filters[0].url
