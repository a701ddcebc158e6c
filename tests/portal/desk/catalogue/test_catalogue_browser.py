"""Two catalogue owners, each in a browser: one takes invoices from viewers, the other refuses, and then agrees."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from playwright import sync_api
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from delegation.authorization.models.roles import RoleVersion
from tests.fixtures import browsing
from tests.fixtures.staff_desk import Desk
from tests.fixtures.staff_rights import hired

pytestmark = pytest.mark.django_db(transaction=True)
ROLE = 'key = "viewer"'
INVOICES = '    "ordering:invoices.see",\n'


def owner(desk: Desk, base: str, page: Page, name: str) -> Page:
    """Sign a catalogue owner of everything in, and open the catalogue."""
    user = hired(name)
    desk.staff.give(user, "catalogue_owner")
    cookie = desk.signed_in(user, "catalogue_owner").cookies[django_settings.STAFF_COOKIE_NAME].value
    url = f"{base}/staff/"
    page.context.add_cookies([{"name": django_settings.STAFF_COOKIE_NAME, "value": cookie, "url": url}])
    page.goto(f"{base}/staff/catalogue/")
    return page


def propose(page: Page, *, name: str = "") -> None:
    """Take invoices from viewers in the text of the catalogue in force, and ask a second person."""
    page.get_by_role("link", name="Catalogue").first.click()
    page.get_by_role("link", name="Change the catalogue…").click()
    before, key, rest = page.get_by_label("Catalogue file").input_value().partition(ROLE)
    page.get_by_label("Catalogue file").fill(before + key + rest.replace(INVOICES, "", 1))
    if name:
        browsing.check_width(page, f"{name}-file")
    page.get_by_role("button", name="Preview the change…").click()
    expect(page.get_by_label("People affected")).to_contain_text("Would lose something 3 people")
    expect(page.get_by_role("row", name="Viewer")).to_contain_text("3 lose")
    expect(page.get_by_role("button", name="Apply the catalogue")).to_have_count(0)
    if name:
        browsing.check_width(page, f"{name}-check")
    page.get_by_role("button", name="Ask a second person").click()
    expect(page.get_by_role("status")).to_have_text("The file waits for a second catalogue owner.")
    expect(page.get_by_role("button", name="Agree and apply the catalogue")).to_have_count(0)


def decide(page: Page, button: str, *, reason: str = "", name: str = "") -> None:
    """Open the proposal that waits, and press the button."""
    page.get_by_role("link", name="Catalogue").first.click()
    if name:
        browsing.check_width(page, f"{name}-waits")
    page.get_by_role("link", name="Would take something from 3 people").first.click()
    expect(page.get_by_text("Leena Aho")).to_be_visible()
    if name:
        browsing.check_width(page, f"{name}-proposal")
    if reason:
        page.get_by_label("Note for the log").fill(reason)
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_second_catalogue_owner_refuses_and_then_agrees(
    desk: Desk, live_server: LiveServer, browser: sync_api.Browser, settings: Any, *, script: bool
) -> None:
    settings.CATALOGUE_LOSSES_BY_ONE = 2
    contexts = [browser.new_context(java_script_enabled=script, viewport=browsing.DESK) for _ in range(2)]
    leena, tuomas = (
        owner(desk, live_server.url, context.new_page(), name)
        for context, name in zip(contexts, ("Leena Aho", "Tuomas Laakso"), strict=True)
    )
    propose(leena, name=f"catalogue-{script}")
    decide(tuomas, "Refuse the proposal", reason="Not before Christmas")
    expect(tuomas.get_by_role("status")).to_have_text("The proposal is closed. Nothing was applied.")
    leena.reload()
    expect(leena.get_by_text("Refused by Tuomas Laakso")).to_be_visible()
    leena.get_by_text("The proposed file").click()
    expect(leena.get_by_text(ROLE)).to_be_visible()
    browsing.check_width(leena, f"catalogue-{script}-refused")
    propose(leena)
    decide(tuomas, "Agree and apply the catalogue", name=f"catalogue-{script}")
    expect(tuomas.get_by_role("status")).to_have_text("The catalogue is applied.")
    browsing.check_width(tuomas, f"catalogue-{script}-applied")
    for context in contexts:
        context.close()
    versions = RoleVersion.objects.filter(role__key="viewer", valid_until=None)
    assert versions.get().number == 2
