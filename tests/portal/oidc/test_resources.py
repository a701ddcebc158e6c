"""Signed access tokens for a resource, for people's grants and for clients alone."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from audit.foundation import clock
from identity import signing_keys
from identity.clients.models import Client as Registered
from identity.grants import tokens
from identity.memberships.models import MembershipPeriod
from portal.oidc import access_tokens, metadata
from portal.web.people.receipt import ReceiptPage
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.pages import page_model
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS, STOCK = "https://orders.example.test", "https://stock.example.test"


@pytest.fixture(autouse=True)
def registered(world: World) -> None:
    """The web shop may get tokens for two resources, and act for itself."""
    with worlds.bypassing_commands():
        row = Registered.objects.select_related("protocol").get(pk="ordering")
        row.resources, row.token_algorithm = f"{ORDERS}\n{STOCK}", "ES256"
        row.save()
        row.protocol.grant_types += "\nclient_credentials"
        row.protocol.save()


def verified(token: str, audience: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, verified as a resource does (RFC 9068 §4)."""
    header = jwt.get_unverified_header(token)
    keys = jwt.PyJWKSet.from_json(signing_keys.jwks().decode())
    claims = jwt.decode(
        token, keys[header["kid"]].key, [header["alg"]], audience=audience, issuer=oidc_browser.ISSUER
    )
    return header, claims


def test_token_for_a_resource_is_a_jwt_of_rfc_9068_that_ends_with_the_grant_here(world: World) -> None:
    issued = oidc_browser.tokens(world, world.olli, resource=ORDERS)
    header, claims = verified(issued["access_token"], ORDERS)
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert claims["exp"] - claims["iat"] == issued["expires_in"] == 300
    assert (claims["client_id"], claims["sub"]) == ("ordering", str(world.olli.user_id))
    assert claims["scope"] == "openid profile email"
    assert claims["organization"]["key"] == "koskela"
    assert "ordering:orders.place" in claims["permissions"]
    with pytest.raises(jwt.InvalidAudienceError):
        verified(issued["access_token"], STOCK)
    assert oidc_browser.userinfo(issued["access_token"]).json()["sub"] == str(world.olli.user_id)
    known = oidc_browser.introspect(world, issued["access_token"])
    assert (known["active"], known["exp"]) == (True, claims["exp"])
    assert oidc_browser.userinfo(claims["jti"]).status_code == 401, "resources log it"
    assert oidc_browser.introspect(world, claims["jti"]) == {"active": False}
    refresh = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    again = oidc_browser.post(metadata.TOKEN, refresh, oidc_browser.basic(world)).json()
    assert verified(again["access_token"], ORDERS)
    world.remove(world.olli)
    for token in (issued["access_token"], again["access_token"]):
        assert oidc_browser.userinfo(token).status_code == 401
        assert oidc_browser.introspect(world, token) == {"active": False}


def test_receipt_names_the_service_that_may_accept_a_leaver_s_signed_token(world: World) -> None:
    issued = oidc_browser.tokens(world, world.olli, resource=ORDERS)
    oidc_browser.tokens(world, world.vilma)
    _, claims = verified(issued["access_token"], ORDERS)
    admin = signed_in.browser(world.aino)
    found = {}
    for leaver in (world.olli, world.vilma):
        url = f"/o/koskela/acts/{world.remove(leaver).act}"
        model, file = page_model(admin.get(url), ReceiptPage), admin.get(f"{url}/receipt.json").json()
        found[leaver.id] = (model.lead, file["receipt"]["offline_tokens"])
    lead, offline = found[world.olli.id]
    assert int(dt.datetime.fromisoformat(offline["ordering"]).timestamp()) == claims["exp"]
    assert "A sign-in to Web shop from before may still count until" in lead
    assert not lead.startswith("All access")
    assert found[world.vilma.id][0].startswith("All access")
    assert found[world.vilma.id][1] == {}


def test_token_without_a_resource_stays_opaque_and_another_resource_is_refused(world: World) -> None:
    assert oidc_browser.tokens(world, world.olli)["access_token"].startswith("kha_")
    browser = signed_in.browser(world.olli)
    for resource in ("https://evil.example", f"{ORDERS}/x", "x"):
        asked = oidc_browser.response_parameters(oidc_browser.authorize(browser, resource=resource))
        assert asked["error"] == "invalid_target"
    twice = urlencode({**oidc_browser.AUTHORIZATION_REQUEST, "resource": [ORDERS, STOCK]}, doseq=True)
    answer: Any = browser.get(f"{metadata.AUTHORIZE}?{twice}")
    asked = oidc_browser.response_parameters(answer)
    assert asked["error"] == "invalid_target"
    code = oidc_browser.code(browser, resource=ORDERS)
    body = [*oidc_browser.redeem_body(code).items(), ("resource", ORDERS), ("resource", STOCK)]
    repeated = oidc_browser.post(metadata.TOKEN, body, oidc_browser.basic(world))
    assert repeated.json()["error"] == "invalid_target"
    for resource in (STOCK, "https://evil.example"):
        assert oidc_browser.redeem(world, code, resource=resource).json()["error"] == "invalid_target"
    issued = oidc_browser.redeem(world, code).json()
    assert verified(issued["access_token"], ORDERS), "the wrong requests have not used the code up"
    refresh = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    basic = oidc_browser.basic(world)
    wrong = oidc_browser.post(metadata.TOKEN, {**refresh, "resource": STOCK}, basic)
    assert wrong.json()["error"] == "invalid_target"
    assert oidc_browser.post(metadata.TOKEN, {**refresh, "resource": ORDERS}, basic).status_code == 200
    without = oidc_browser.code(browser)
    assert oidc_browser.redeem(world, without, resource=STOCK).json()["error"] == "invalid_target"
    assert oidc_browser.redeem(world, without).status_code == 200


def test_withdrawn_resource_gets_no_further_token(world: World) -> None:
    code = oidc_browser.code(signed_in.browser(world.olli), resource=ORDERS)
    issued = oidc_browser.tokens(world, world.olli, resource=ORDERS)
    with worlds.bypassing_commands():
        Registered.objects.filter(pk="ordering").update(resources=STOCK)
    assert oidc_browser.redeem(world, code).json()["error"] == "invalid_target"
    refresh = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    refused = oidc_browser.post(metadata.TOKEN, refresh, oidc_browser.basic(world))
    assert refused.json()["error"] == "invalid_target"


def test_signed_token_ends_with_the_membership_that_has_an_end(world: World) -> None:
    code = oidc_browser.code(signed_in.browser(world.olli), resource=ORDERS)
    with worlds.bypassing_commands():
        MembershipPeriod.objects.filter(membership=world.olli).update(
            valid_until=clock.now() + dt.timedelta(seconds=100)
        )
    issued = oidc_browser.redeem(world, code).json()
    _, claims = verified(issued["access_token"], ORDERS)
    assert 90 < claims["exp"] - claims["iat"] == issued["expires_in"] <= 100


def test_expired_or_foreign_signed_token_is_invalid_here_at_once(world: World) -> None:
    issued = oidc_browser.tokens(world, world.olli, resource=ORDERS)["access_token"]
    assert oidc_browser.userinfo(issued[:-4] + "AAAA").status_code == 401
    as_id_token = signing_keys.sign(claims=oidc_browser.claims_of(issued))
    assert oidc_browser.userinfo(as_id_token).status_code == 401
    revoked = oidc_browser.post(metadata.REVOKE, {"token": issued}, oidc_browser.basic(world))
    assert (revoked.status_code, oidc_browser.userinfo(issued).status_code) == (200, 401)
    other = oidc_browser.tokens(world, world.olli, resource=ORDERS)["access_token"]
    move_clock(301)
    assert oidc_browser.userinfo(other).status_code == 401
    assert oidc_browser.userinfo(oidc_browser.claims_of(other)["jti"]).status_code == 401
    assert tokens.revoke(token=access_tokens.presented(other), client="ordering"), (
        "expired, and still its own"
    )


def as_client(world: World, **more: str) -> Any:
    return oidc_browser.post(
        metadata.TOKEN, {"grant_type": "client_credentials", **more}, oidc_browser.basic(world)
    )


def test_client_gets_a_token_for_its_resource_without_a_person(world: World) -> None:
    issued = as_client(world, resource=STOCK).json()
    assert (issued["token_type"], "refresh_token" in issued, "id_token" in issued) == ("Bearer", False, False)
    _, claims = verified(issued["access_token"], STOCK)
    assert (claims["sub"], claims["client_id"], "organization" in claims) == ("ordering", "ordering", False)
    assert oidc_browser.userinfo(issued["access_token"]).status_code == 401
    assert as_client(world).json()["error"] == "invalid_target"
    assert as_client(world, resource=STOCK, scope="read").json()["error"] == "invalid_scope"
    assert as_client(world, resource="https://evil.example").json()["error"] == "invalid_target"
    crm = {"grant_type": "client_credentials", "resource": STOCK}
    refused = oidc_browser.post(metadata.TOKEN, crm, oidc_browser.basic(world, "crm"))
    assert refused.json()["error"] == "unauthorized_client"
