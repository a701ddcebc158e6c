"""The whole way of a person into a service, and what the service learns on it."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from identity.sessions.models import SignIn
from portal.oidc import metadata
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_authorization_code_flow_gives_the_service_its_claims(world: World) -> None:
    response = oidc_browser.authorize(signed_in.browser(world.olli))
    answer = oidc_browser.response_parameters(response)
    assert (answer["state"], answer["iss"]) == ("s-1", settings.ISSUER)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"

    answered = oidc_browser.redeem(world, answer["code"])
    assert answered.headers["Cache-Control"] == "no-store"
    body = answered.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, "openid profile email")

    claims = oidc_browser.verified(body["id_token"])
    seen = oidc_browser.userinfo(body["access_token"]).json()
    right = {
        "entitlement": "ordering:orders.place",
        "role": "orderer",
        "all_sites": False,
        "sites": [{"id": str(world.oulu.id), "name": "Oulu"}],
        "limit": {"amount": "500.00", "currency": "EUR", "period": "order"},
        "until": None,
    }
    assert not {"entitlements", "permissions"} & claims.keys(), "on request only"
    assert right in seen["entitlements"]
    assert {one.partition(":")[0] for one in seen["permissions"]} == {"ordering"}
    person = {"name": "Olli Mäkinen", "email": "olli@koskela.example", "email_verified": True, "locale": "en"}
    assert person.items() <= claims.items()
    assert claims["organization"] == {
        "id": str(world.koskela.id),
        "key": "koskela",
        "name": "Rakennusliike Koskela Oy",
        "customer_number": "K-koskela",
    }
    assert (claims["sub"], claims["nonce"]) == (str(world.olli.user_id), "n-1")
    assert claims["sid"] == str(SignIn.objects.get().id)
    assert set(claims["amr"]) == {"pwd", "otp", "mfa"}
    assert 0 <= claims["iat"] - claims["auth_time"] < 30
    assert claims["exp"] - claims["iat"] == 300


def test_userinfo_equals_the_id_token_and_follows_changes(world: World) -> None:
    body = oidc_browser.tokens(world, world.olli, scope="openid profile email entitlements")
    claims = oidc_browser.verified(body["id_token"])
    seen = oidc_browser.userinfo(body["access_token"]).json()
    assert seen == {name: claims[name] for name in seen}
    assert {"sub", "name", "email", "organization", "entitlements", "permissions"} <= seen.keys()
    world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=900))
    seen = oidc_browser.userinfo(body["access_token"]).json()
    amounts = {one["limit"]["amount"] for one in seen["entitlements"] if one["limit"]}
    assert amounts == {"900.00"}


def test_claims_follow_the_scopes(world: World) -> None:
    claims = oidc_browser.verified(oidc_browser.tokens(world, world.olli, scope="openid")["id_token"])
    assert not {"name", "email", "email_verified", "locale"} & claims.keys()


def test_refresh_rotates_and_returns_current_rights(world: World) -> None:
    body = oidc_browser.tokens(world, world.olli)
    asked = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    first = oidc_browser.post(metadata.TOKEN, asked, oidc_browser.basic(world)).json()
    assert first["refresh_token"] != body["refresh_token"]
    was, now = oidc_browser.verified(body["id_token"]), oidc_browser.verified(first["id_token"])
    assert [was[name] for name in ("sub", "sid", "auth_time", "amr", "organization")] == [
        now[name] for name in ("sub", "sid", "auth_time", "amr", "organization")
    ]
    assert (was["nonce"], "nonce" in now) == ("n-1", False)
    assert oidc_browser.introspect(world, first["access_token"])["active"]


def test_tokens_of_a_leaver_are_invalid_at_once(world: World) -> None:
    body = oidc_browser.tokens(world, world.olli)
    assert oidc_browser.introspect(world, body["access_token"])["active"]
    world.remove(world.olli)
    assert oidc_browser.introspect(world, body["access_token"]) == {"active": False}
    assert oidc_browser.introspect(world, body["refresh_token"]) == {"active": False}
    assert oidc_browser.userinfo(body["access_token"]).status_code == 401
    asked = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    refused = oidc_browser.post(metadata.TOKEN, asked, oidc_browser.basic(world)).json()
    assert refused["error"] == "invalid_grant"


def test_introspection_answers_only_the_token_s_application(world: World) -> None:
    body = oidc_browser.tokens(world, world.olli)
    seen = oidc_browser.introspect(world, body["access_token"])
    assert (seen["active"], seen["client_id"], seen["sub"]) == (True, "ordering", str(world.olli.user_id))
    assert seen["exp"] - seen["iat"] == 600
    assert oidc_browser.introspect(world, body["access_token"], "crm") == {"active": False}
    assert oidc_browser.introspect(world, body["refresh_token"])["token_type"] == "refresh_token"
    assert oidc_browser.introspect(world, "kha_nobody") == {"active": False}
    assert oidc_browser.introspect(world, body["id_token"]) == {"active": False}


def test_revocation_affects_own_tokens_only(world: World) -> None:
    body = oidc_browser.tokens(world, world.olli)
    asked = {"token": body["refresh_token"]}
    assert oidc_browser.post(metadata.REVOKE, asked, oidc_browser.basic(world, "crm")).status_code == 200
    assert oidc_browser.introspect(world, body["access_token"])["active"]
    assert oidc_browser.post(metadata.REVOKE, asked, oidc_browser.basic(world)).status_code == 200
    assert not oidc_browser.introspect(world, body["access_token"])["active"]


def test_discovery_and_keys_are_identical_for_every_client(world: World) -> None:
    for address, seconds in ((metadata.DISCOVERY, 3600), (metadata.JWKS, 900)):
        first = Client(headers={"host": "localhost"}).get(address)
        assert first.headers["Cache-Control"] == f"public, max-age={seconds}"
        again = Client(headers={"host": "elsewhere.example"}).get(
            address, headers={"If-None-Match": first.headers["ETag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert "Set-Cookie" not in first.headers
    document = json.loads(Client(headers={"host": "localhost"}).get(metadata.DISCOVERY).content)
    assert document["issuer"] == settings.ISSUER
    assert all(
        v.startswith(settings.ISSUER) for k, v in document.items() if k.endswith(("_endpoint", "_uri"))
    )
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["response_types_supported"] == ["code"]


def test_every_machine_endpoint_answers_a_bare_post_without_the_page_middleware(world: World) -> None:
    """Each address of the discovery document is answered, and none by the pages' middleware."""
    document = json.loads(metadata.discovery())
    addresses = [
        v.removeprefix(settings.ISSUER) for k, v in document.items() if k.endswith(("_endpoint", "_uri"))
    ]
    for address in addresses:
        response = Client(headers={"host": "localhost"}).post(address)
        assert response.status_code in {303, 400, 401, 405}, (address, response.status_code)


def test_post_to_the_authorization_endpoint_redirects_to_get(world: World) -> None:
    client: Any = signed_in.browser(world.olli)
    response = client.post(metadata.AUTHORIZE, oidc_browser.AUTHORIZATION_REQUEST, follow=True)
    assert response.redirect_chain[0][1] == 303
    assert "code=" in response.redirect_chain[1][0]


def test_redirect_after_a_portal_form_is_a_continue_page(world: World) -> None:
    """`form-action 'self'` holds for every hop after a form: the way out is a page."""
    client = signed_in.browser(world.olli)
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Referer": f"{settings.ISSUER}/account/login"}):
        response: Any = client.get(metadata.AUTHORIZE, oidc_browser.AUTHORIZATION_REQUEST, headers=headers)
        assert response.status_code == 200
        assert "code=" in response.context["target_url"]
        assert response.headers["Referrer-Policy"] == "no-referrer"
    for headers in (
        {"Sec-Fetch-Site": "cross-site", "Referer": f"{settings.ISSUER}/"},
        {"Referer": f"{settings.ISSUER}.evil.example/"},
    ):
        assert (
            client.get(metadata.AUTHORIZE, oidc_browser.AUTHORIZATION_REQUEST, headers=headers).status_code
            == 302
        )
