"""Passkeys in a real browser, with an authenticator of its own."""

import re

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright import sync_api
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from identity.sessions.store import SessionStore
from tests.fixtures import world as worlds
from tests.fixtures.world import World


def test_added_passkey_signs_in_alone(
    world: World, live_server: LiveServer, page: sync_api.Page, settings: Settings
) -> None:
    base = live_server.url.replace("127.0.0.1", "localhost")
    settings.ISSUER = base
    ida = world.member(world.koskela, "Ida Ranta", "orderer", factor=False).user
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
    }
    options = {**device, "isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    page.goto(f"{base}/account/login/")
    page.get_by_label("Work e-mail").fill(ida.email)
    page.get_by_label("Password", exact=True).fill(worlds.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile(r"/account/security/$"))
    page.goto(base + reverse("mfa_add_webauthn"))
    page.get_by_label("Name").fill("Work phone")
    page.get_by_role("button", name="Add passkey").click()
    sync_api.expect(page.locator("#codes li")).to_have_count(10)
    assert Authenticator.objects.get(user=ida, type="webauthn").wrap().is_passwordless

    page.context.clear_cookies()
    page.goto(f"{base}/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(r"/o/koskela/$"))
    page.goto(base + reverse("mfa_list_webauthn"))
    assert "Work phone" in page.content()

    # A passkey verifies its user: alone it confirms for what asks for both factors.
    store = SessionStore()
    store._session_key = next(
        c["value"] for c in page.context.cookies() if c["name"] == settings.SESSION_COOKIE_NAME
    )
    records = store[AUTHENTICATION_METHODS_SESSION_KEY]
    store[AUTHENTICATION_METHODS_SESSION_KEY] = [{**one, "instant": one["instant"] - 3600} for one in records]
    store.save()
    page.goto(base + reverse("mfa_activate_totp"))
    page.wait_for_url(re.compile(r"/account/security/passkeys/confirm/"))
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(base + reverse("mfa_activate_totp"))
