"""The break-glass sign-in in a real browser, with an authenticator of its own."""

import datetime as dt

from django.test import override_settings
from playwright import sync_api
from pytest_django.live_server_helper import LiveServer

from portal.signin.staff import break_glass
from tests.fixtures.world import World

HALF_HOUR = dt.timedelta(minutes=30)


def open_link(page: sync_api.Page) -> None:
    page.goto(break_glass.open_link(lasting=HALF_HOUR, reason="A test", new_passkey=False).url)


def test_passkey_is_added_with_the_first_link_and_used_with_the_next(
    world: World, live_server: LiveServer, page: sync_api.Page
) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    options = {**device, "hasResidentKey": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    base = live_server.url.replace("127.0.0.1", "localhost")
    with override_settings(ISSUER=base):
        open_link(page)
        page.get_by_label("Name of the passkey").fill("Safe, Helsinki")
        page.get_by_role("button", name="Add passkey and sign in").click()
        sync_api.expect(page.get_by_role("heading", name="Desk")).to_be_visible()
        strip = page.get_by_role("complementary", name="Break-glass sign-in")
        sync_api.expect(strip).to_contain_text("This is your sign-in.")
        strip.get_by_role("button", name="Sign out").click()
        sync_api.expect(page.get_by_text("The break-glass sign-in has ended.")).to_be_visible()
        open_link(page)
        sync_api.expect(page.get_by_text("Safe, Helsinki")).to_be_visible()
        page.get_by_role("button", name="Sign in with passkey").click()
        sync_api.expect(page.get_by_role("heading", name="Desk")).to_be_visible()
        page.goto(f"{base}/staff/")
        sync_api.expect(strip).to_contain_text("min left")
