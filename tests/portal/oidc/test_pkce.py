"""PKCE is required unless a confidential client is registered without it; a challenge that comes is always checked."""

from typing import Any

import pytest
from allauth.idp.oidc.models import Client as ProtocolClient

from identity.clients.models import Client
from identity.grants.models import AuthorizationCode
from portal.oidc import metadata
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.grants import VERIFIER
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
WITHOUT: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}


@pytest.fixture
def without_pkce(world: World) -> World:
    """Register the ordering service's client without PKCE."""
    with worlds.bypassing_commands():
        Client.objects.filter(protocol="ordering").update(requires_pkce=False)
    return world


def make_public() -> None:
    with worlds.bypassing_commands():
        ProtocolClient.objects.filter(id="ordering").update(type="public", secret="")


def answer(world: World, **asked: str | None) -> dict[str, str]:
    return oidc_browser.response_parameters(oidc_browser.authorize(signed_in.browser(world.olli), **asked))


def redeemed(world: World, code: str, verifier: str) -> Any:
    body = oidc_browser.redeem_body(code) | {"code_verifier": verifier}
    sent = {name: value for name, value in body.items() if value}
    return oidc_browser.post(metadata.TOKEN, sent, oidc_browser.basic(world))


def test_error_of_a_request_without_pkce_names_the_setting(world: World) -> None:
    refused = answer(world, **WITHOUT)
    assert refused["error"] == "invalid_request"
    assert "S256" in refused["error_description"]
    assert "register the client without PKCE" in refused["error_description"]


def test_client_registered_without_pkce_signs_in_without_it(without_pkce: World) -> None:
    response = redeemed(without_pkce, answer(without_pkce, **WITHOUT)["code"], "")
    assert response.status_code == 200, response.content
    assert oidc_browser.verified(response.json()["id_token"])["sub"] == str(without_pkce.olli.user_id)


@pytest.mark.parametrize(
    "asked",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": "short"},
    ],
)
def test_challenge_that_comes_is_checked_without_pkce_too(
    without_pkce: World, asked: dict[str, str | None]
) -> None:
    assert answer(without_pkce, **asked)["error"] == "invalid_request"
    assert not AuthorizationCode.objects.exists()


@pytest.mark.parametrize("verifier", ["", "w" * 43, "short"])
def test_code_with_a_challenge_needs_its_verifier_without_pkce_too(
    without_pkce: World, verifier: str
) -> None:
    code = answer(without_pkce)["code"]
    assert redeemed(without_pkce, code, verifier).json()["error"] == "invalid_grant"
    assert redeemed(without_pkce, code, VERIFIER).status_code == 200


def test_verifier_for_a_code_without_a_challenge_is_refused(without_pkce: World) -> None:
    code = answer(without_pkce, **WITHOUT)["code"]
    assert redeemed(without_pkce, code, VERIFIER).json()["error"] == "invalid_grant"


def test_public_client_with_any_row_needs_pkce(without_pkce: World) -> None:
    make_public()
    assert answer(without_pkce, **WITHOUT)["error"] == "invalid_request"


def test_code_without_a_challenge_is_of_no_use_without_the_client_s_secret(without_pkce: World) -> None:
    code = answer(without_pkce, **WITHOUT)["code"]
    body = oidc_browser.redeem_body(code) | {"client_id": "ordering"}
    del body["code_verifier"]
    assert oidc_browser.post(metadata.TOKEN, body).status_code == 401
    make_public()
    assert oidc_browser.post(metadata.TOKEN, body).json()["error"] == "invalid_request"
