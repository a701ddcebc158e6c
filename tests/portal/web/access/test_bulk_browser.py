"""Limiting several people to sites in a browser, with and without scripts: who is left out is seen first."""

import pytest
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from audit.models import Event
from tests.fixtures import browsing
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def changed() -> set[object]:
    return set(Event.objects.filter(verb="access.change", outcome="done").values_list("subject", flat=True))


def test_left_out_person_is_named_beside_the_form_before_anything_is_sent(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    browsing.sign_in(page, live_server.url, world.aino)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{live_server.url}/o/koskela/people")
    for name in ("Mikko Laine", "Vilma Salo"):
        page.get_by_label(f"Select {name}").check()
    page.get_by_role("button", name="Limit to sites…").click()
    expect(page.get_by_role("heading", name="Limit 2 people to sites")).to_be_visible()
    page.get_by_label("Oulu").check()
    effect = page.locator("#effect")
    expect(effect.locator(".kh-found")).to_contain_text("Mikko Laine")
    expect(effect).to_contain_text("None of these sites")
    fields, beside = page.locator(".kh-panel__body").bounding_box(), effect.bounding_box()
    assert fields
    assert beside
    assert fields["x"] + fields["width"] <= beside["x"] + 1
    for name in ("Left out", "Vilma Salo", "Can no longer"):
        expect(effect.get_by_role("heading", name=name)).to_be_in_viewport()
    assert changed() == set()
    page.get_by_role("button", name="Limit 1 person to these sites").click()
    expect(page.get_by_text("The access of 1 person is changed.")).to_be_visible()
    assert changed() == {world.vilma.id}


def test_choice_after_the_last_preview_leaves_out_no_person_unseen(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    world.change(world.mikko, world.access("orderer", sites=[world.tampere, world.tallinn]))
    browsing.sign_in(page, live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people/sites?m={world.vilma.id}&m={world.mikko.id}")
    page.get_by_label("Oulu").check()
    expect(page.get_by_role("button", name="Limit 1 person to these sites")).to_be_visible()
    page.route(
        "**/people/sites", lambda route: route.abort(), times=1
    )  # the preview of the next choice is lost
    page.get_by_label("Tampere").check()
    page.get_by_role("button", name="Limit 1 person to these sites").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed. Check who is left out")
    assert changed() == {world.mikko.id}  # by the set-up


def test_people_are_limited_to_sites_without_scripts(
    world: World, live_server: LiveServer, browser: sync_api.Browser
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=browsing.PHONE)
    page = browsing.sign_in(context.new_page(), live_server.url, world.aino)
    page.goto(f"{live_server.url}/o/koskela/people")
    for name in ("Mikko Laine", "Vilma Salo"):
        page.get_by_label(f"Select {name}").check()
    page.get_by_role("button", name="Limit to sites…").click()
    page.get_by_label("Oulu").check()
    page.get_by_role("button", name="Limit 2 people to these sites").click()
    expect(page.get_by_role("alert")).to_contain_text("1 person cannot be limited to these sites.")
    expect(page.locator("#effect .kh-found")).to_contain_text("Mikko Laine")
    assert changed() == set()
    page.get_by_role("button", name="Limit 1 person to these sites").click()
    expect(page.get_by_text("The access of 1 person is changed.")).to_be_visible()
    assert changed() == {world.vilma.id}
    context.close()
