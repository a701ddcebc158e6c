"""Clients of npm sign in, refresh, sign out and renew silently: `docs/conformance.md` has the table.

Chromium is the browser. The clients have their default settings, but for what the table names.
"""

import pathlib
from collections.abc import Iterator

import pytest
import requests
from playwright import sync_api

from tests.fixtures import browsing, interoperation, relying_parties
from tests.fixtures.peer_portal import KEY, PeerPortal, choose, document
from tests.fixtures.relying_parties import RelyingParty

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
EIGHT_AT_ONCE = (
    "path => Promise.all(Array.from({length: 8}, () => fetch(path).then(answer => answer.json())))"
)


@pytest.fixture
def services(portal: PeerPortal, tmp_path: pathlib.Path, node: None) -> Iterator[RelyingParty]:
    secrets = {}
    for name in ("panva", "express", "spa", "authjs"):
        own = f"{portal.url}/{name}"
        backchannel = {"panva": f"{own}/backchannel", "express": f"{own}/backchannel-logout"}
        secrets[name] = portal.register(
            name,
            public=name == "spa",
            redirect_uris=[f"{own}/callback", f"{own}/silent", f"{own}/auth/callback/keyholder"],
            post_logout_redirect_uris=[own, f"{own}/", f"{own}/bye"],
            backchannel_logout_uri=backchannel.get(name, ""),
        )
    running = relying_parties.node(portal.port, issuer=portal.issuer, secrets=secrets, folder=tmp_path)
    yield running
    running.close()


def test_openid_client(portal: PeerPortal, services: RelyingParty, person: sync_api.Page) -> None:
    with interoperation.journey("openid-client") as shown:
        person.goto(f"{services.url}/panva/login")
        choose(person)
        person.wait_for_url(f"{services.url}/panva/callback**")
        claims = document(person)
        assert claims["organization"]["key"] == KEY
        shown("sign-in")
        person.goto(f"{services.url}/panva/userinfo")
        assert document(person)["sub"] == claims["sub"]
        shown("userinfo")
        person.goto(f"{services.url}/panva/refresh")
        assert document(person) == {"answers": 8, "lines": 1}
        shown("refresh")
        shown("parallel refresh")
        person.goto(f"{services.url}/panva/silent")
        assert document(person)["organization"]["key"] == KEY, "the same company, without a question"
        shown("silent renewal, two companies")
        person.goto(f"{services.url}/panva/logout")
        assert document(person) == {"state": "left"}
        shown("RP-initiated logout")
        portal.deliver_logouts()
        (received,) = requests.get(f"{services.url}/received", timeout=10).json()
        assert (received["sid"], received["sub"]) == (claims["sid"], claims["sub"])
        shown("back-channel logout")


def test_express_openid_connect(portal: PeerPortal, services: RelyingParty, person: sync_api.Page) -> None:
    with interoperation.journey("express-openid-connect") as shown:
        person.goto(f"{services.url}/express/login")
        choose(person)
        person.wait_for_url(f"{services.url}/express")
        person.goto(f"{services.url}/express/me")
        me = document(person)
        assert me["claims"]["organization"]["key"] == me["userinfo"]["organization"]["key"] == KEY
        shown("sign-in")
        shown("userinfo")
        person.goto(f"{services.url}/express/refresh")
        assert document(person) == {"token": True}
        shown("refresh")
        assert person.evaluate(EIGHT_AT_ONCE, "/express/refresh") == [{"token": True}] * 8
        person.goto(f"{services.url}/express/refresh")
        assert document(person) == {"token": True}, "the session has a line that goes on"
        shown("parallel refresh")
        person.goto(f"{services.url}/express/silent")
        assert document(person)["claims"]["organization"]["key"] == KEY
        shown("silent renewal, two companies")
        portal.sign_out(person)
        answer = person.goto(f"{services.url}/express/me")
        assert answer is not None
        assert answer.status == 401, "signed out by the back channel"
        shown("back-channel logout")
        browsing.sign_in(person, portal.issuer, portal.world.mikko)
        person.goto(f"{services.url}/express/login")
        choose(person)
        person.wait_for_url(f"{services.url}/express")
        person.goto(f"{services.url}/express/logout")
        person.wait_for_url(f"{services.url}/express")
        person.goto(portal.issuer)
        assert "/account/login/" in person.url
        shown("RP-initiated logout")


def test_oidc_client_ts(portal: PeerPortal, services: RelyingParty, person: sync_api.Page) -> None:
    with interoperation.journey("oidc-client-ts") as shown:
        person.goto(f"{services.url}/spa/")
        person.evaluate("() => { manager.signinRedirect() }")
        choose(person)
        person.wait_for_function("() => window.user || window.failure")
        assert person.evaluate("() => window.failure") is None, services.log()
        profile = person.evaluate("() => window.user.profile")
        assert profile["organization"]["key"] == KEY
        shown("sign-in")
        assert profile["permissions"], "read from the page's own origin; an ID token has none"
        shown("userinfo")
        first = person.evaluate("() => window.user.refresh_token")
        renewed = person.evaluate(
            "async () => { const user = await manager.signinSilent(); return {...user} }"
        )
        assert renewed["refresh_token"] != first
        shown("refresh")
        assert renewed["profile"]["organization"]["key"] == KEY
        shown("silent renewal, two companies")
        person.evaluate("() => { manager.signoutRedirect() }")
        person.wait_for_url(f"{services.url}/spa/")
        person.goto(portal.issuer)
        assert "/account/login/" in person.url
        shown("RP-initiated logout")


def test_authjs(services: RelyingParty, person: sync_api.Page) -> None:
    with interoperation.journey("Auth.js") as shown:
        person.goto(f"{services.url}/authjs/auth/signin?callbackUrl=/authjs/me")
        button = person.get_by_role("button", name="Sign in with Keyholder")
        button.click()
        choose(person)
        person.wait_for_url(f"{services.url}/authjs/me")
        assert document(person)["profile"]["organization"]["key"] == KEY
        shown("sign-in")
        person.goto(f"{services.url}/authjs/refresh")
        refreshed = document(person)
        assert (refreshed["answers"], refreshed["lines"]) == (8, 1), services.log()
        shown("refresh")
        shown("parallel refresh")
        person.goto(f"{services.url}/authjs/auth/signin?callbackUrl=/authjs/me")
        person.evaluate("() => { document.querySelector('form[action*=signin]').action += '?prompt=none' }")
        button.click()
        person.wait_for_url(f"{services.url}/authjs/me")
        assert document(person)["profile"]["organization"]["key"] == KEY
        assert document(person)["refresh"] != refreshed["first"]
        shown("silent renewal, two companies")
