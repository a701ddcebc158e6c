"""Responses as forms, calls of browsers from other origins, and addresses of native programs."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import OperationalError

from audit.foundation import db
from identity.clients.models import Client as Registered
from portal.oidc import metadata
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.grants import ADDRESS
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
SPA = "https://ordering.example.test"


def change(client: str = "ordering", **settings: Any) -> None:
    """Register the client otherwise; `public` and `redirect_uris` are of the protocol's row."""
    with worlds.bypassing_commands():
        row = Registered.objects.select_related("protocol").get(pk=client)
        if settings.pop("public", False):
            row.protocol.type = "public"
        if "redirect_uris" in settings:
            row.protocol.set_redirect_uris(settings.pop("redirect_uris"))
        row.protocol.save()
        Registered.objects.filter(pk=client).update(**settings)


def fields(page: Any) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))


def test_form_post_sends_the_response_to_the_client_s_own_origin_alone(world: World) -> None:
    page = oidc_browser.authorize(signed_in.browser(world.olli), response_mode="form_post")
    assert page.status_code == 200
    policy = page["Content-Security-Policy"]
    assert f"form-action 'self' {SPA}" in policy or f"form-action {SPA}" in policy
    assert "script-src 'self'" in policy
    assert page["Cache-Control"] == "no-store"
    text = page.content.decode()
    assert f'action="{ADDRESS}" method="post"' in text
    assert "keyholder/form-post.js" in text
    sent = fields(page)
    assert (sent["state"], sent["iss"]) == ("s-1", oidc_browser.ISSUER)
    assert oidc_browser.redeem(world, sent["code"]).status_code == 200
    other = oidc_browser.authorize(signed_in.browser(world.olli))
    assert SPA not in other.headers.get("Content-Security-Policy", "")


def test_form_post_names_every_origin_that_the_client_may_redirect_it_to(world: World) -> None:
    change(redirect_uris=[ADDRESS, "https://shop.example/cb?a=1", "http://[::1]:8000/cb"])
    browser = signed_in.browser(world.olli)
    policy = oidc_browser.authorize(browser, response_mode="form_post")["Content-Security-Policy"]
    (action,) = [part for part in policy.split("; ") if part.startswith("form-action")]
    assert action.split()[-2:] == [SPA, "https://shop.example"]
    refused = oidc_browser.authorize(browser, response_mode="form_post", redirect_uri="http://[::1]:8000/cb")
    assert refused["Location"].startswith("http://[::1]:8000/cb?error=invalid_request")


def test_form_post_sends_errors_too_and_escapes_them(world: World) -> None:
    page = oidc_browser.authorize(BrowserClient(), response_mode="form_post", prompt="none", state='"><b>')
    sent = fields(page)
    assert sent["error"] == "login_required"
    assert '"><b>' not in page.content.decode()
    refused = oidc_browser.authorize(BrowserClient(), response_mode="fragment")
    assert oidc_browser.response_parameters(refused)["error"] == "invalid_request"


def test_loopback_address_of_a_native_program_may_have_any_port(world: World) -> None:
    change(public=True, is_native=True, redirect_uris=["http://127.0.0.1/cb", "com.example.shop:/cb"])
    browser = signed_in.browser(world.olli)
    for address in ("http://127.0.0.1:51004/cb", "http://127.0.0.1/cb", "com.example.shop:/cb"):
        page = oidc_browser.authorize(browser, redirect_uri=address)
        assert page.status_code == 200, "another program may have claimed the address: the person is asked"
        sent = urlencode({**fields(page), "decision": "grant"})
        answer = browser.post(metadata.CONSENT, sent, "application/x-www-form-urlencoded")
        assert answer.context["target_url"].startswith(f"{address}?code="), address
    silent = oidc_browser.authorize(browser, redirect_uri="com.example.shop:/cb", prompt="none")
    assert "error=consent_required" in silent["Location"]
    for address in (
        *("http://127.0.0.1:51004/cb2", "http://127.0.0.2:51004/cb", "http://localhost:51004/cb"),
        *("https://127.0.0.1:51004/cb", "http://127.0.0.1:51004/cb?a=1", "http://u@127.0.0.1:1/cb"),
        *("com.example.shop:/cb2", "http://127.0.0.1:99999999/cb"),
    ):
        assert oidc_browser.authorize(browser, redirect_uri=address).status_code == 400, address
    posted = oidc_browser.authorize(browser, redirect_uri="com.example.shop:/cb", response_mode="form_post")
    assert posted["Location"].startswith("com.example.shop:/cb?error=invalid_request")


def test_web_client_s_loopback_address_is_compared_with_its_port(world: World) -> None:
    change(redirect_uris=["http://127.0.0.1:8000/cb"])
    browser = signed_in.browser(world.olli)
    assert oidc_browser.authorize(browser, redirect_uri="http://127.0.0.1:8001/cb").status_code == 400


def test_program_of_another_origin_gets_json_while_the_database_is_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> Any:
        raise OperationalError

    monkeypatch.setattr(db, "fetch_only", fail)
    monkeypatch.setattr(db, "fetch_one", fail)
    answer = call("post", metadata.TOKEN, SPA)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")


def call(method: str, address: str, origin: str, **headers: str) -> Any:
    """A browser's request from a page of another origin."""
    return getattr(BrowserClient(), method)(address, headers={"Origin": origin, **headers})


def test_browsers_may_call_from_registered_origins_of_public_clients_alone(world: World) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    guarded = (metadata.TOKEN, metadata.USERINFO, metadata.REVOKE, metadata.PAR)
    for address in guarded:
        assert "Access-Control-Allow-Origin" not in call("options", address, SPA, **asks).headers
    change(public=True)
    for address in guarded:
        answer = call("options", address, SPA, **asks)
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, SPA)
        assert answer["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        answer = call("post", address, SPA)
        assert (answer["Access-Control-Allow-Origin"], answer["Vary"]) == (SPA, "Origin")
        for origin in (
            "https://evil.example",
            f"{SPA}.evil.example",
            f"{SPA}/",
            "null",
            "https://",
            f"{SPA}:8443",
        ):
            assert "Access-Control-Allow-Origin" not in call("post", address, origin).headers, origin
            assert "Access-Control-Allow-Origin" not in call("options", address, origin, **asks).headers, (
                origin
            )
    for address in (metadata.DISCOVERY, metadata.JWKS):
        assert call("get", address, "https://evil.example")["Access-Control-Allow-Origin"] == "*"
        assert call("options", address, SPA, **asks)["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in call("post", metadata.INTROSPECT, SPA).headers
    change(redirect_uris=[f"{SPA.upper()}:443/Callback"])
    assert call("post", metadata.TOKEN, SPA)["Access-Control-Allow-Origin"] == SPA
    change(is_active=False)
    assert "Access-Control-Allow-Origin" not in call("post", metadata.TOKEN, SPA).headers
