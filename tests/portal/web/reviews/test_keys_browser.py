"""A review of 20 people is answered by the keyboard alone, with one key a line."""

import pytest
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from delegation.authorization.models.roles import Role
from delegation.reviews.models import ReviewLine
from delegation.reviews.population import ReviewScope
from tests.fixtures import browsing, reviews
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 20
MOST_KEYS = 22


def test_twenty_people_are_reviewed_with_22_keys(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    for number in range(PEOPLE):
        world.member(
            world.koskela, f"Orderer{number:02} Person", "orderer", sites=[world.tallinn], amount=100
        )
    one = reviews.started(world, scope=ReviewScope("tier", role=Role.objects.get(key="orderer").id))
    mine = one.size
    assert mine == PEOPLE + 2
    reviews.keep(world.aino, reviews.line_of(one, world.mikko), reviews.line_of(one, world.olli))
    browsing.sign_in(page, live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/reviews/{one.id}/")
    keys = 0
    for key in ["k"] * 15 + ["l"] * 3 + ["r"] * 2:
        page.keyboard.press(key)
        keys += 1
    assert ReviewLine.objects.filter(review=one, decision="").count() == PEOPLE
    page.keyboard.press("s")
    keys += 1
    expect(page.get_by_text("20 lines are decided.")).to_be_visible()
    assert keys <= MOST_KEYS
    decided = list(ReviewLine.objects.filter(review=one).values_list("decision", flat=True))
    assert (decided.count("keep"), decided.count("lower"), decided.count("end")) == (17, 3, 2)
    assert reviews.review(one.id).state == "completed"
