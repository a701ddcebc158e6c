"""A service user gets a token by its secret alone, for its scopes or fewer, and can revoke it."""

import dataclasses
from typing import Any

import pytest
from django.conf import LazySettings

from delegation.service_users import commands, queries
from identity.service_users import service_tokens
from portal.oidc import metadata
from portal.signin.customers import rate_limits
from tests.fixtures import client_keys, oidc_browser, service_users
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def ask(client: object, secret: str, **other: str) -> Any:
    body = {"grant_type": "client_credentials", "client_id": str(client), "client_secret": secret, **other}
    return oidc_browser.post(metadata.TOKEN, body)


def test_token_has_the_scopes_that_were_asked_for(world: World) -> None:
    made = service_users.create(world.aino, scopes=["people.read", "access.write"])
    whole = ask(made.service_user, made.secret).json()
    assert (whole["scope"], whole["token_type"], whole["expires_in"]) == (
        "access.write people.read",
        "Bearer",
        600,
    )
    fewer = ask(made.service_user, made.secret, scope="people.read").json()
    checked = service_tokens.check(token=fewer["access_token"])
    assert checked is not None
    assert checked.service_user.scopes == {"people.read"}
    beyond = ask(made.service_user, made.secret, scope="people.read people.write")
    assert (beyond.status_code, beyond.json()["error"]) == (400, "invalid_scope")


def test_wrong_secret_and_unknown_client_are_refused_alike(world: World) -> None:
    made, other = (service_users.create(world.aino, scopes=["people.read"]) for _ in range(2))
    for client, secret in (
        (made.service_user, other.secret),
        (made.service_user, ""),
        (world.somewhere, made.secret),
        (str(made.service_user).upper(), made.secret),
        (world.aino.user_id, made.secret),
        ("ordering", made.secret),
    ):
        answer = ask(client, secret)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), client


def test_token_is_revoked_by_its_own_service_user_only(world: World) -> None:
    made, other = (service_users.create(world.aino, scopes=["people.read"]) for _ in range(2))
    token = service_users.token(made)
    for who, is_valid in ((other, True), (made, False)):
        body = {"token": token, "client_id": str(who.service_user), "client_secret": who.secret}
        assert oidc_browser.post(metadata.REVOKE, body).status_code == 200
        assert (service_tokens.check(token=token) is not None) == is_valid


def test_tokens_of_people_and_of_service_users_are_not_exchanged(world: World) -> None:
    token = service_users.token(service_users.create(world.aino))
    assert oidc_browser.userinfo(token).status_code == 401
    asked = oidc_browser.post(metadata.INTROSPECT, {"token": token}, oidc_browser.basic(world))
    assert asked.json() == {"active": False}
    persons = oidc_browser.tokens(world, world.olli)["access_token"]
    assert service_tokens.check(token=persons) is None


def test_too_many_tokens_wait_whole_seconds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "API_TOKENS", dataclasses.replace(rate_limits.API_TOKENS, amount=1))
    made = service_users.create(world.aino)
    answers = [ask(made.service_user, made.secret) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert 1 <= int(answers[1]["Retry-After"]) <= 60


def test_service_user_with_keys_gets_a_token_by_an_assertion_once_and_by_no_secret(
    world: World, settings: LazySettings
) -> None:
    made = service_users.create(world.aino)
    with client_keys.serving(settings) as keys:
        row = queries.for_command(service_user=made.service_user)
        address = f"http://{keys.address}/jwks.json"
        commands.use_keys(actor=world.system, service_user=row, jwks_uri=address)
        client = str(made.service_user)
        sent = {"grant_type": "client_credentials", **keys.parameters(client=client)}
        token = oidc_browser.post(metadata.TOKEN, sent).json()["access_token"]
        assert service_tokens.check(token=token) is not None
        replayed = oidc_browser.post(metadata.TOKEN, sent).json()
        assert replayed["error_description"].startswith("The assertion has been used.")
        assert ask(client, made.secret).json()["error"] == "invalid_client"
        other = service_users.create(world.aino)
        for wrong in (
            client_keys.ClientKeys().parameters(client=client),
            keys.parameters(client=str(other.service_user)),
        ):
            assert oidc_browser.post(metadata.TOKEN, {**sent, **wrong}).status_code == 401
        revoked = {
            "token": token,
            **keys.parameters(client=client, aud=f"{oidc_browser.ISSUER}{metadata.REVOKE}"),
        }
        assert oidc_browser.post(metadata.REVOKE, revoked).status_code == 200
    assert service_tokens.check(token=token) is None
