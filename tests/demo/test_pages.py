"""The pages in a real browser: they notice by themselves, and they fit."""

import re
import time

import pytest
from playwright import sync_api

from tests.demo import cast
from tests.fixtures import demo_services, fake_provider, page_metrics

PHONE = sync_api.ViewportSize(width=360, height=780)
LONG = "Maximilian-Konstantin von Hohenzollern-Sigmaringen-Wittelsbach"


@pytest.fixture
def opened(
    op: fake_provider.FakeProvider, shop: demo_services.Service, page: sync_api.Page, sub: str
) -> sync_api.Page:
    """Give the shop's order form, opened by somebody with the sid "open-<sub>"."""
    op.person = cast.claims(sub, sid=f"open-{sub}")
    page.goto(shop.url + "/login?next=/order")
    page.get_by_role("heading", name="New order").wait_for()
    return page


def signed_out(page: sync_api.Page) -> str:
    page.get_by_role("heading", name="You are signed out.").wait_for(timeout=8000)
    return page.locator("[data-why]").inner_text()


def test_open_page_after_logout_shows_the_signed_out_page(
    op: fake_provider.FakeProvider, shop: demo_services.Service, opened: sync_api.Page, sub: str
) -> None:
    opened.get_by_label("Amount").fill("4900")
    began = time.monotonic()
    shop.log_out(op.logout_token(client_id="ordering", sid=f"open-{sub}"))
    assert re.fullmatch(r"Kivisalo Keys ended this sign-in at [\d:]+ UTC\.", signed_out(opened))
    assert opened.get_by_text("Open Kivisalo Keys to see whether you are still signed in there.").count() == 1
    assert opened.get_by_role("link", name="Sign out of Kivisalo Keys too…").count() == 0
    assert time.monotonic() - began < 5
    assert opened.title() == "You are signed out"
    assert opened.get_by_label("Amount").count() == 0
    assert opened.get_by_role("navigation").count() == 0


def test_open_page_after_a_sign_out_in_another_tab_says_what_goes_on(
    shop: demo_services.Service, opened: sync_api.Page
) -> None:
    other = opened.context.new_page()
    other.goto(shop.url)
    other.get_by_role("button", name="Sign out").click()
    assert re.fullmatch(r"You signed out here at [\d:]+ UTC\.", signed_out(opened))
    assert opened.get_by_text("That did not sign you out of Kivisalo Keys").count() == 1
    assert opened.get_by_role("link", name="Sign out of Kivisalo Keys too…").count() == 1


def test_open_page_after_a_scim_change_shows_a_notice(
    shop: demo_services.Service, opened: sync_api.Page, sub: str
) -> None:
    found = shop.scim("GET", f"/Users?filter=externalId%20eq%20%22{sub}%22").json()["Resources"][0]["id"]
    lowered = cast.set_to(f"{cast.EXTENSION}:limits", [cast.limit("10", at=cast.TAMPERE)])
    shop.scim("PATCH", f"/Users/{found}", lowered)
    opened.get_by_text("What you may do here has changed.").wait_for(timeout=8000)
    shop.scim("PATCH", f"/Users/{found}", cast.set_to("active", value=False))
    assert "Your access for Rakennusliike Koskela Oy has ended" in signed_out(opened)


def test_order_form_in_a_browser_refuses_then_places_an_order(opened: sync_api.Page) -> None:
    opened.get_by_label("Amount").fill("5100")
    opened.get_by_label("Site").select_option(label="Tampere")
    opened.get_by_role("button", name="Place the order").click()
    opened.get_by_role("alert").get_by_text(
        "5 100 € is above your limit of 5 000 €. Nothing was ordered."
    ).wait_for()
    assert opened.get_by_label("Amount").input_value() == "5100"
    opened.get_by_label("Amount").fill("4900")
    opened.get_by_role("button", name="Place the order").click()
    opened.get_by_role("heading", name="is placed.").wait_for()


def test_open_page_without_javascript_reloads_itself(
    op: fake_provider.FakeProvider, shop: demo_services.Service, browser: sync_api.Browser, sub: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    op.person = cast.claims(sub, sid=f"plain-{sub}")
    page.goto(shop.url + "/login")
    shop.log_out(op.logout_token(client_id="ordering", sid=f"plain-{sub}"))
    page.get_by_role("heading", name="You are signed out.").wait_for(timeout=8000)
    context.close()


@pytest.mark.parametrize(
    ("service", "paths"),
    [("shop", ["/", "/order", "/people"]), ("crm", ["/", "/contacts", "/tickets/new"])],
)
def test_pages_of_a_service_fit_a_phone(
    request: pytest.FixtureRequest,
    op: fake_provider.FakeProvider,
    page: sync_api.Page,
    service: str,
    paths: list[str],
) -> None:
    running: demo_services.Service = request.getfixturevalue(service)
    sub = cast.new_sub()
    grants, limits = cast.orderer()
    own = [cast.grant(key) for key in ("crm:contacts.see", "crm:tickets.create", "ordering:orders.see")]
    running.scim("POST", "/Users", cast.user(sub, name=LONG, grants=[*grants, *own], limits=limits))
    op.person = cast.claims(sub)
    page.set_viewport_size(PHONE)
    page.goto(running.url + "/login")
    for path in paths:
        page.goto(running.url + path)
        assert page_metrics.horizontal_overflow(page) == 0, path
