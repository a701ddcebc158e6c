"""An operator connects a service in four steps, without a script too, and its secret is not in the history."""

import contextlib

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings
from playwright import sync_api
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.fixtures import browsing, fake_target
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/staff/applications/"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_service_is_connected_in_four_steps(
    desk: Desk,
    live_server: LiveServer,
    browser: sync_api.Browser,
    settings: LazySettings,
    *,
    script: bool,
) -> None:
    context = browser.new_context(java_script_enabled=script, viewport=browsing.DESK)
    page = context.new_page()
    cookie = desk.browser("operator").cookies[django_settings.STAFF_COOKIE_NAME].value
    url = f"{live_server.url}/staff/"
    context.add_cookies([{"name": django_settings.STAFF_COOKIE_NAME, "value": cookie, "url": url}])
    steps: list[str] = []

    def step(control: sync_api.Locator) -> None:
        steps.append(page.url)
        control.click()

    with fake_target.running() as claims:
        settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, claims.address]
        page.goto(f"{live_server.url}{LIST}")
        step(page.get_by_role("link", name="Register a service…"))
        for label, text in {
            "Name (English)": "Claims",
            "Name (Suomi)": "Reklamaatiot",
            "Key": "claims",
            "Name of the client": "Claims, web",
            "Client id": "claims-web",
            "Redirect addresses": "https://claims.example.test/callback",
        }.items():
            page.get_by_label(label, exact=True).fill(text)
        step(page.get_by_role("button", name="Register service"))
        secret = page.locator("#secret").inner_text()
        assert secret.startswith("khs_")
        assert secret not in page.url
        browsing.check_width(page, "client-secret")
        step(page.get_by_role("link", name="Connect its system…"))
        page.get_by_label("Address", exact=True).fill(claims.scim)
        page.get_by_label("Access token", exact=True).fill(fake_target.TOKEN)
        step(page.get_by_role("button", name="Connect the system"))
        expect(page.get_by_role("status")).to_have_text("The connection of Claims is saved.")
    expect(page.get_by_role("heading", name="Claims", exact=True)).to_be_visible()
    assert len(steps) == 4
    for _ in range(2):
        # The answer to a POST that no cache may keep: Chromium refuses to show it again.
        with contextlib.suppress(sync_api.Error):
            page.go_back()
    expect(page.get_by_text(secret)).to_have_count(0)
    context.close()
