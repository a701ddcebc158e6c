"""What a service asks for it gets, an ID token stays small, and each of them is accepted as a hint."""

import json
from typing import Any

import pytest

from audit.foundation import clock
from identity import lifecycle, signing_keys
from identity.grants.models import TokenFamily
from identity.organizations.models import Site
from portal.oidc import metadata
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
FULL = "openid profile email entitlements"
RIGHTS = {"entitlements", "permissions"}


def requesting(*names: str) -> str:
    return json.dumps({"id_token": dict.fromkeys(names)})


def answer_to(world: World, **asked: str | None) -> dict[str, str]:
    response = oidc_browser.authorize(signed_in.browser(world.olli), prompt="none", **asked)
    return oidc_browser.response_parameters(response)


def give_sites(world: World, count: int) -> list[Site]:
    with worlds.bypassing_commands():
        named = [(f"Varasto ja toimipiste {number}", f"S-{number}") for number in range(count)]
        return lifecycle.add_sites(organization=world.koskela, sites=named, at=clock.now())


@pytest.mark.parametrize("count", [8, 40, 200])
def test_id_token_of_an_orderer_at_many_sites_is_small_and_accepted_as_hint(world: World, count: int) -> None:
    world.change(world.olli, world.access("orderer", sites=give_sites(world, count), amount=500))
    for scope in ("openid", FULL):
        body = oidc_browser.tokens(world, world.olli, scope=scope)
        claims = oidc_browser.verified(body["id_token"])
        assert len(body["id_token"]) < 4096
        assert ("permissions" in claims) is (scope == FULL)
        assert "entitlements" not in claims
        assert "code" in answer_to(world, scope=scope, id_token_hint=body["id_token"])
    seen = oidc_browser.userinfo(body["access_token"]).json()
    (placing,) = [one for one in seen["entitlements"] if one["entitlement"] == "ordering:orders.place"]
    assert len(placing["sites"]) == count
    assert seen["permissions"] == sorted({one["entitlement"] for one in seen["entitlements"]})
    assert seen["permissions"] == oidc_browser.introspect(world, body["access_token"])["permissions"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, set()),
        ({"scope": FULL}, RIGHTS),
        ({"claims": requesting("permissions")}, {"permissions"}),
        ({"claims": requesting("entitlements", "permissions", "shoe_size")}, RIGHTS),
        ({"claims": json.dumps({"userinfo": {"entitlements": None}, "id_token": None})}, set()),
        ({"claims": "{}"}, set()),
    ],
)
def test_rights_stand_in_the_id_token_on_request_only(
    world: World, asked: dict[str, str], expected: set[str]
) -> None:
    body = oidc_browser.tokens(world, world.olli, **asked)
    assert RIGHTS & oidc_browser.verified(body["id_token"]).keys() == expected
    refresh = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    again = oidc_browser.post(metadata.TOKEN, refresh, oidc_browser.basic(world)).json()
    assert RIGHTS & oidc_browser.verified(again["id_token"]).keys() == expected


def test_claims_given_by_the_entitlements_scope_end_with_it(world: World) -> None:
    body = oidc_browser.tokens(world, world.olli, scope=FULL)
    refresh = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"], "scope": "openid"}
    narrowed = oidc_browser.post(metadata.TOKEN, refresh, oidc_browser.basic(world)).json()
    assert not RIGHTS & oidc_browser.verified(narrowed["id_token"]).keys()
    assert oidc_browser.userinfo(narrowed["access_token"]).json().keys() >= RIGHTS


@pytest.mark.parametrize(
    "text",
    ["x", "[]", '"sub"', "1", '{"id_token": []}', '{"userinfo": "sub"}', "{" + '"a":{' * 600, "[" * 4000],
)
def test_malformed_claims_are_refused(world: World, text: str) -> None:
    assert answer_to(world, claims=text)["error"] == "invalid_request"
    assert not TokenFamily.objects.exists()


@pytest.mark.parametrize("member", ["id_token", "userinfo"])
def test_claims_that_name_a_person_are_answered_for_this_person_only(world: World, member: str) -> None:
    def asking(person: Any) -> str:
        return json.dumps({member: {"sub": {"value": str(person)}}})

    assert "code" in answer_to(world, claims=asking(world.olli.user_id))
    assert answer_to(world, claims=asking(world.vilma.user_id))["error"] == "login_required"
    assert "code" in answer_to(world, claims=json.dumps({member: {"sub": {"essential": True}}}))


def test_hint_with_the_longest_nonce_is_accepted(world: World) -> None:
    hint = oidc_browser.tokens(world, world.olli, nonce="ä" * 512)["id_token"]
    assert len(hint) > 4096
    assert "code" in answer_to(world, id_token_hint=hint)
    assert answer_to(world, id_token_hint="x" * 13_000)["error"] == "invalid_request"


def test_hint_of_another_kind_is_refused(world: World) -> None:
    claims = {"iss": oidc_browser.ISSUER, "aud": "ordering", "sub": str(world.olli.user_id)}
    assert "code" in answer_to(world, id_token_hint=signing_keys.sign(claims=claims))
    for typ in ("logout+jwt", "at+jwt", "jwt"):
        hint = signing_keys.sign(claims=claims, typ=typ)
        assert answer_to(world, id_token_hint=hint)["error"] == "login_required"
