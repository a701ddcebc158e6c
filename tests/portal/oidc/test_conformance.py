"""The OpenID Foundation's modules of the plans Basic OP, Config OP and back-channel logout, by their names.

`docs/conformance.md` has the table; RP-initiated logout is in `test_rp_initiated_logout.py`. The client is as the plan
says: it authenticates by its secret and sends no code challenge.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.conf import LazySettings, settings
from django.urls import reverse

from audit.foundation import clock
from identity.clients.models import Client as Registered
from identity.sessions.models import SignIn
from portal.oidc import metadata
from provisioning.accounts import planner
from provisioning.http.pool import Pool
from provisioning.logout.delivery import LogoutDeliveries
from tests.fixtures import fake_target, oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.deliveries import plan_all
from tests.fixtures.grants import ADDRESS
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
WITHOUT_PKCE: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}


@pytest.fixture
def browser(world: World) -> BrowserClient:
    """A browser in which Olli is signed in; the web shop is registered as the plan's client."""
    with worlds.bypassing_commands():
        Registered.objects.filter(pk="ordering").update(requires_pkce=False)
    return signed_in.browser(world.olli)


@pytest.fixture
def shop(settings: LazySettings) -> Iterator[fake_target.Server]:
    """The web shop, which receives logout tokens."""
    with fake_target.running() as server:
        settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, server.address]
        yield server


def code(browser: BrowserClient, **other: str | None) -> str:
    return oidc_browser.code(browser, **{**WITHOUT_PKCE, **other})


def redeem(world: World, secret: str, **other: str) -> Any:
    body = {"grant_type": "authorization_code", "code": secret, "redirect_uri": ADDRESS, **other}
    return oidc_browser.post(metadata.TOKEN, body, oidc_browser.basic(world))


def tokens(world: World, browser: BrowserClient, **other: str | None) -> dict[str, Any]:
    answer = redeem(world, code(browser, **other))
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def sub(world: World, browser: BrowserClient, **other: str | None) -> str:
    return str(oidc_browser.verified(tokens(world, browser, **other)["id_token"])["sub"])


def error(browser: BrowserClient, **other: str | None) -> str:
    answer = oidc_browser.authorize(browser, **{**WITHOUT_PKCE, **other})
    return oidc_browser.response_parameters(answer)["error"]


def leads_to_sign_in(browser: BrowserClient, **other: str | None) -> bool:
    answer = oidc_browser.authorize(browser, **{**WITHOUT_PKCE, **other})
    return bool(answer.status_code == 302 and answer["Location"].startswith(("/account/", "/confirm")))


def userinfo(access: str, method: str = "get", **more: Any) -> Any:
    headers = {} if "data" in more else {"Authorization": f"Bearer {access}"}
    return getattr(BrowserClient(), method)(metadata.USERINFO, headers=headers, **more)


def test_oidcc_server(world: World, browser: BrowserClient) -> None:
    issued = tokens(world, browser)
    claims = oidc_browser.verified(issued["id_token"])
    assert (claims["nonce"], issued["token_type"]) == ("n-1", "Bearer")
    assert userinfo(issued["access_token"]).json()["sub"] == claims["sub"]


def test_oidcc_response_type_missing(browser: BrowserClient) -> None:
    assert error(browser, response_type=None) == "invalid_request"


def test_oidcc_idtoken_signature(world: World, browser: BrowserClient) -> None:
    header = jwt.get_unverified_header(tokens(world, browser)["id_token"])
    assert header["alg"] == "RS256"
    assert header["kid"]


def test_oidcc_idtoken_unsigned(world: World, browser: BrowserClient) -> None:
    """Not supported: no metadata offers it, and the plan skips the module."""
    assert "none" not in json.loads(metadata.discovery())["id_token_signing_alg_values_supported"]


def test_oidcc_userinfo_get(world: World, browser: BrowserClient) -> None:
    assert userinfo(tokens(world, browser)["access_token"]).json()["sub"] == str(world.olli.user_id)


def test_oidcc_userinfo_post_header(world: World, browser: BrowserClient) -> None:
    answer = userinfo(tokens(world, browser)["access_token"], "post")
    assert answer.json()["sub"] == str(world.olli.user_id)


def test_oidcc_userinfo_post_body(world: World, browser: BrowserClient) -> None:
    body = f"access_token={tokens(world, browser)['access_token']}"
    answer = userinfo("", "post", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.json()["sub"] == str(world.olli.user_id)


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(
    world: World, browser: BrowserClient
) -> None:
    assert "nonce" not in oidc_browser.claims_of(tokens(world, browser, nonce=None)["id_token"])


@pytest.fixture
def claims_for(world: World, browser: BrowserClient) -> Any:
    """The claims of userinfo for these scopes."""
    return lambda scope: userinfo(tokens(world, browser, scope=scope)["access_token"]).json()


def test_oidcc_scope_profile(claims_for: Any) -> None:
    assert claims_for("openid profile")["name"] == "Olli Mäkinen"


def test_oidcc_scope_email(claims_for: Any) -> None:
    assert claims_for("openid email")["email_verified"] is True


def test_oidcc_scope_address(claims_for: Any) -> None:
    """Not offered: the request succeeds without the claim."""
    assert "address" not in claims_for("openid address")


def test_oidcc_scope_phone(claims_for: Any) -> None:
    """Not offered: the request succeeds without the claim."""
    assert "phone_number" not in claims_for("openid phone")


def test_oidcc_scope_all(claims_for: Any) -> None:
    assert {"name", "email"} <= claims_for("openid profile email address phone").keys()


def test_oidcc_ensure_other_scope_order_succeeds(claims_for: Any) -> None:
    assert "email" in claims_for("email openid")


@pytest.mark.parametrize("display", ["page", "popup"])
def test_oidcc_display_page_and_popup(world: World, browser: BrowserClient, display: str) -> None:
    assert sub(world, browser, display=display)


def test_oidcc_prompt_login(browser: BrowserClient) -> None:
    assert leads_to_sign_in(browser, prompt="login")


def test_oidcc_prompt_none_not_logged_in(world: World, browser: BrowserClient) -> None:
    assert error(BrowserClient(), prompt="none") == "login_required"


def test_oidcc_prompt_none_logged_in(world: World, browser: BrowserClient) -> None:
    assert sub(world, browser) == sub(world, browser, prompt="none")


def test_oidcc_max_age_1(world: World, browser: BrowserClient) -> None:
    tokens(world, browser)
    move_clock(120)
    assert leads_to_sign_in(browser, max_age="1")


def test_oidcc_max_age_10000(world: World, browser: BrowserClient) -> None:
    first, second = (
        oidc_browser.verified(tokens(world, browser, max_age=age)["id_token"]) for age in (None, "10000")
    )
    assert first["auth_time"] == second["auth_time"]


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(world: World, browser: BrowserClient) -> None:
    assert sub(world, browser, extra="foobar")


def test_oidcc_id_token_hint(world: World, browser: BrowserClient) -> None:
    hint = tokens(world, browser)["id_token"]
    assert sub(world, browser, prompt="none", id_token_hint=hint) == str(world.olli.user_id)


def test_oidcc_login_hint(world: World, browser: BrowserClient) -> None:
    assert sub(world, browser, login_hint="buffy@example.com")


def test_oidcc_ui_locales(world: World, browser: BrowserClient) -> None:
    assert sub(world, browser, ui_locales="se")


def test_oidcc_claims_locales(world: World, browser: BrowserClient) -> None:
    assert sub(world, browser, claims_locales="se")


def test_oidcc_ensure_request_with_acr_values_succeeds(world: World, browser: BrowserClient) -> None:
    assert sub(world, browser, acr_values="1 2")


@pytest.mark.parametrize("seconds", [0, 30])
def test_oidcc_codereuse_and_codereuse_30seconds(world: World, browser: BrowserClient, seconds: int) -> None:
    secret = code(browser)
    issued = redeem(world, secret).json()
    move_clock(seconds)
    again = redeem(world, secret)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert userinfo(issued["access_token"]).status_code == 401


def test_oidcc_ensure_registered_redirect_uri(browser: BrowserClient) -> None:
    answer = oidc_browser.authorize(browser, redirect_uri=f"{ADDRESS}/x", **WITHOUT_PKCE)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_oidcc_ensure_post_request_succeeds(world: World, browser: BrowserClient) -> None:
    body = {
        name: value for name, value in oidc_browser.AUTHORIZATION_REQUEST.items() if "challenge" not in name
    }
    moved = oidc_browser.post(metadata.AUTHORIZE, body)
    assert moved.status_code == 303
    answer: Any = browser.get(moved["Location"])
    secret = oidc_browser.response_parameters(answer)["code"]
    assert redeem(world, secret).status_code == 200


def test_oidcc_server_client_secret_post(world: World, browser: BrowserClient) -> None:
    secrets = {"client_id": "ordering", "client_secret": world.secrets["ordering"]}
    body = {"grant_type": "authorization_code", "code": code(browser), "redirect_uri": ADDRESS}
    assert oidc_browser.post(metadata.TOKEN, {**body, **secrets}).status_code == 200


def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    browser: BrowserClient,
) -> None:
    assert error(browser, request_uri="https://rp.example/r") == "request_uri_not_supported"


@pytest.mark.parametrize("more", [{}, {"redirect_uri": "https://evil.example"}])
def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    browser: BrowserClient, more: dict[str, str]
) -> None:
    """Also `oidcc-ensure-request-object-with-redirect-uri`: an object is never read."""
    assert error(browser, request=jwt.encode(more, "", "none")) == "request_not_supported"


def test_oidcc_claims_essential(world: World, browser: BrowserClient) -> None:
    claims = json.dumps({"userinfo": {"name": {"essential": True}}})
    assert userinfo(tokens(world, browser, claims=claims)["access_token"]).json()["name"]


def test_oidcc_refresh_token(world: World, browser: BrowserClient) -> None:
    first = tokens(world, browser)
    body = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = oidc_browser.post(metadata.TOKEN, body, oidc_browser.basic(world)).json()
    before, after = (oidc_browser.verified(one["id_token"]) for one in (first, second))
    assert [before[name] for name in ("iss", "sub", "aud", "auth_time")] == [
        after[name] for name in ("iss", "sub", "aud", "auth_time")
    ]


def test_oidcc_ensure_request_with_valid_pkce_succeeds(world: World, browser: BrowserClient) -> None:
    assert oidc_browser.redeem(world, oidc_browser.code(browser)).status_code == 200


def test_oidcc_discovery_endpoint_verification(client: Any) -> None:
    document = client.get(metadata.DISCOVERY, headers={"host": "localhost"}).json()
    assert document["issuer"] == settings.ISSUER
    required = {
        *("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "scopes_supported"),
        *("response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"),
    }
    assert required <= document.keys()
    assert "openid" in document["scopes_supported"]
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    keys = client.get(metadata.JWKS, headers={"host": "localhost"}).json()["keys"]
    assert all(key["kid"] and key["use"] == "sig" and "d" not in key for key in keys)


def test_oidcc_backchannel_logout_discovery_endpoint_verification() -> None:
    document = json.loads(metadata.discovery())
    assert document["backchannel_logout_supported"] is True
    assert document["backchannel_logout_session_supported"] is True


def test_oidcc_backchannel_rp_initiated_logout(
    world: World, browser: BrowserClient, shop: fake_target.Server
) -> None:
    with worlds.bypassing_commands():
        Registered.objects.filter(pk="ordering").update(backchannel_logout_uri=shop.logout_uri)
    hint = tokens(world, browser)["id_token"]
    answer = browser.get(f"{metadata.LOGOUT}?id_token_hint={hint}")
    assert answer["Location"] == reverse("account_login")
    plan_all()
    planner.sweep(at=clock.now())
    pool = Pool()
    try:
        (task,) = LogoutDeliveries(pool=pool).lease(worker=1, at=clock.now(), in_flight={}) or []
        task.run()
    finally:
        pool.close()
    (token,) = shop.logouts
    claims = oidc_browser.verified(token)
    assert claims["sid"] == str(SignIn.objects.get().id)
    assert "nonce" not in claims
    assert error(browser, prompt="none") == "login_required"


def test_table_of_the_documents_names_every_module_here() -> None:
    """A row for each module, with the name of its test."""
    text = (Path(settings.BASE_DIR) / "docs/conformance.md").read_text(encoding="utf-8")
    here = [Path(__file__), Path(__file__).with_name("test_rp_initiated_logout.py")]
    tests = {
        name
        for file in here
        for name in re.findall(r"^def (test_oidcc_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_oidcc_\w+)`", text))
    assert named == tests
