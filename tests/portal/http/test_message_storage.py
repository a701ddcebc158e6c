"""A message waits for a page that a person opens: an open page that asks by itself neither shows nor ends it."""

import pytest
from django.urls import reverse

from tests.fixtures import signed_in
from tests.fixtures.pages import page_messages, person_path
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_message_is_left_for_the_person_where_an_open_page_asks_in_between(world: World) -> None:
    browser, page = signed_in.browser(world.aino), person_path(world.mikko)
    browser.post(reverse("person_resync", args=["koskela", world.mikko.id]))
    polled = browser.get(page, headers={"Keyholder-Poll": "1"})
    assert page_messages(polled) == []
    (message,) = page_messages(browser.get(page))
    assert message.startswith("Nothing was sent")
    assert page_messages(browser.get(page)) == []
