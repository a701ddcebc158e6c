"""The endpoints for programs: who proves what how, what is refused, and how little is done for each request."""

import base64
import json
import logging
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client

from audit.models import Event
from identity.clients.models import Client as Registered
from identity.grants.models import RefreshToken
from portal.oidc import client_authentication, fast_path, metadata
from portal.operations import metrics
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.grants import ADDRESS, VERIFIER
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
FORM = "application/x-www-form-urlencoded"


def body_of(code: str, /, **other: str) -> dict[str, str]:
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": ADDRESS,
        "code_verifier": VERIFIER,
    }
    return {name: value for name, value in {**asked, **other}.items() if value}


def refused(response: Any) -> tuple[int, str]:
    assert response.json()["error_description"].endswith(f"Reference {response.headers['X-Request-ID']}")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in response.headers
    return response.status_code, response.json()["error"]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"code": ""}, "invalid_request"),
        ({"code": "khc_nothing"}, "invalid_grant"),
        ({"code": "\0"}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"redirect_uri": ADDRESS + "/"}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"code": "x" * 5000}, "invalid_request"),
    ],
)
def test_faulty_token_request_gets_its_error(world: World, other: dict[str, str], expected: str) -> None:
    body = body_of(oidc_browser.code(signed_in.browser(world.olli)), **other)
    assert refused(oidc_browser.post(metadata.TOKEN, body, oidc_browser.basic(world))) == (400, expected)


def test_code_of_another_client_is_refused(world: World) -> None:
    code = oidc_browser.code(signed_in.browser(world.olli))
    other = oidc_browser.post(metadata.TOKEN, body_of(code), oidc_browser.basic(world, "crm"))
    assert refused(other) == (400, "invalid_grant")
    assert oidc_browser.redeem(world, code).status_code == 200


def test_client_authentication_accepts_basic_and_post(world: World) -> None:
    secret = world.secrets["ordering"]
    posted = {"client_id": "ordering", "client_secret": secret}
    code = oidc_browser.code(signed_in.browser(world.olli))
    assert oidc_browser.post(metadata.TOKEN, {**body_of(code), **posted}).status_code == 200
    code = oidc_browser.code(signed_in.browser(world.olli))
    both = oidc_browser.post(metadata.TOKEN, {**body_of(code), **posted}, oidc_browser.basic(world))
    assert refused(both) == (400, "invalid_request")
    mixed = oidc_browser.post(
        metadata.TOKEN, {**body_of(code), "client_id": "crm"}, oidc_browser.basic(world)
    )
    assert refused(mixed) == (400, "invalid_request")
    same = oidc_browser.post(
        metadata.TOKEN, {**body_of(code), "client_id": "ordering"}, oidc_browser.basic(world)
    )
    assert same.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"ordering").decode(),
        "Basic " + base64.b64encode(b"ordering:").decode(),
        "Basic " + base64.b64encode(b"ordering:wrong").decode(),
        "Basic " + base64.b64encode(b"nobody:x").decode(),
        "Basic " + base64.b64encode(b"a\0b:x").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Bearer kha_something",
    ],
)
@pytest.mark.parametrize("address", [metadata.TOKEN, metadata.INTROSPECT, metadata.REVOKE])
def test_request_without_client_authentication_is_refused(world: World, address: str, header: str) -> None:
    body = {"grant_type": "refresh_token", "refresh_token": "khr_x", "token": "kha_x"}
    response = oidc_browser.post(address, body, {"Authorization": header} if header else {})
    assert refused(response) == (401, "invalid_client")
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


def test_public_client_redeems_with_verifier_and_cannot_introspect(world: World) -> None:
    with worlds.bypassing_commands():
        protocol = Registered.objects.get(protocol="ordering").protocol
        protocol.type, protocol.secret = "public", ""
        protocol.save()
    code = oidc_browser.code(signed_in.browser(world.olli))
    body = oidc_browser.post(metadata.TOKEN, {**body_of(code), "client_id": "ordering"}).json()
    assert "id_token" in body
    asked = {"token": body["access_token"], "client_id": "ordering"}
    assert refused(oidc_browser.post(metadata.INTROSPECT, asked)) == (401, "invalid_client")
    assert oidc_browser.post(metadata.REVOKE, asked).status_code == 200
    assert oidc_browser.userinfo(body["access_token"]).status_code == 401


def test_confidential_client_without_secret_is_refused(world: World) -> None:
    code = oidc_browser.code(signed_in.browser(world.olli))
    response = oidc_browser.post(metadata.TOKEN, {**body_of(code), "client_id": "ordering"})
    assert refused(response) == (401, "invalid_client")


def test_many_wrong_secrets_are_limited_and_the_right_one_passes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_authentication, "FAILURES", 3)
    wrong = oidc_browser.basic(world, secret="khs_wrong")
    statuses = [oidc_browser.post(metadata.INTROSPECT, {"token": "x"}, wrong).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert (
        oidc_browser.post(metadata.INTROSPECT, {"token": "x"}, oidc_browser.basic(world)).status_code == 200
    )
    other = oidc_browser.post(
        metadata.INTROSPECT, {"token": "x"}, oidc_browser.basic(world, "crm", "khs_wrong")
    )
    assert other.status_code == 401
    cache.clear()


def test_parameters_in_the_query_or_another_content_type_are_refused(world: World) -> None:
    client = Client(headers={"host": "localhost"})
    query: Any = client.post(
        f"{metadata.TOKEN}?client_secret=x", "a=b", FORM, headers=oidc_browser.basic(world)
    )
    assert refused(query) == (400, "invalid_request")
    other: Any = client.post(metadata.TOKEN, "{}", "application/json", headers=oidc_browser.basic(world))
    assert refused(other) == (400, "invalid_request")
    for raw in ("grant_type=a&grant_type=b", "code=%FF", "x=1&" * 100, "code=%00"):
        bad: Any = client.post(metadata.TOKEN, raw, FORM, headers=oidc_browser.basic(world))
        assert refused(bad) == (400, "invalid_request"), raw
    huge: Any = client.post(metadata.TOKEN, "x" * 3_000_000, FORM, headers=oidc_browser.basic(world))
    assert refused(huge) == (400, "invalid_request")


@pytest.mark.parametrize(("address", "route"), fast_path.ROUTES.items())
def test_only_allowed_methods_are_accepted(
    world: World, address: str, route: tuple[object, tuple[str, ...]]
) -> None:
    for method in {"GET", "POST", "PUT", "DELETE", "OPTIONS"} - set(route[1]):
        response: Any = Client(headers={"host": "localhost"}).generic(method, address)
        assert response.status_code == 405
        assert response.headers["Allow"] == ", ".join(route[1])


def test_bearer_token_in_two_places_or_in_the_query_is_refused(world: World) -> None:
    access = oidc_browser.tokens(world, world.olli)["access_token"]
    client = Client(headers={"host": "localhost"})
    bearer = {"Authorization": f"Bearer {access}"}
    posted: Any = client.post(metadata.USERINFO, f"access_token={access}", FORM)
    assert posted.json()["sub"] == str(world.olli.user_id)
    twice: Any = client.post(metadata.USERINFO, f"access_token={access}", FORM, headers=bearer)
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
    address: Any = client.get(f"{metadata.USERINFO}?access_token={access}")
    assert (address.status_code, address.headers["WWW-Authenticate"]) == (401, 'Bearer realm="keyholder"')


def test_tokens_after_the_end_of_the_last_right_are_invalid(world: World) -> None:
    body = oidc_browser.tokens(world, world.olli)
    held = oidc_browser.introspect(world, body["access_token"])
    assert held["active"]
    assert [one["entitlement"] for one in held["entitlements"]] == [
        one["entitlement"] for one in oidc_browser.userinfo(body["access_token"]).json()["entitlements"]
    ]
    assert held["entitlements"]
    worlds.end_assignments(world.olli)
    assert oidc_browser.introspect(world, body["access_token"]) == {"active": False}
    assert oidc_browser.introspect(world, body["refresh_token"]) == {"active": False}
    shown = oidc_browser.userinfo(body["access_token"])
    assert (shown.status_code, shown.json()["error"]) == (401, "invalid_token")


@pytest.mark.parametrize("scope", ["", "profile"])
def test_refresh_without_a_right_is_refused_and_no_replay(world: World, scope: str) -> None:
    body = oidc_browser.tokens(world, world.olli)
    kept = list(world.olli.assignments.values_list("id", "valid_until"))
    worlds.end_assignments(world.olli)
    asked = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"], "scope": scope}
    for _ in range(2):
        answer = oidc_browser.post(metadata.TOKEN, asked, oidc_browser.basic(world))
        assert refused(answer) == (400, "invalid_grant")
    with worlds.bypassing_commands():
        for assignment, until in kept:
            world.olli.assignments.filter(id=assignment).update(valid_until=until)
    again = oidc_browser.post(metadata.TOKEN, asked, oidc_browser.basic(world))
    assert refused(again) == (400, "invalid_grant"), (
        "with rights again, the person signs in to the service again"
    )
    assert not oidc_browser.introspect(world, body["access_token"])["active"]
    assert not Event.objects.filter(verb="token.replayed").exists()


def test_code_without_remaining_rights_is_refused(world: World) -> None:
    code = oidc_browser.code(signed_in.browser(world.olli))
    worlds.end_assignments(world.olli)
    assert refused(oidc_browser.redeem(world, code)) == (400, "invalid_grant")


def test_session_cookie_as_bearer_token_is_refused(world: World) -> None:
    """The cookie of a signed-in person gives no access here."""
    response: Any = signed_in.browser(world.olli).get(metadata.USERINFO)
    assert response.status_code == 401


def test_refresh_with_scopes_narrows_them(world: World) -> None:
    refresh = oidc_browser.tokens(world, world.olli)["refresh_token"]
    asked = {"grant_type": "refresh_token", "refresh_token": refresh}
    wider = oidc_browser.post(metadata.TOKEN, {**asked, "scope": "openid phone"}, oidc_browser.basic(world))
    assert refused(wider) == (400, "invalid_scope")
    narrow = oidc_browser.post(
        metadata.TOKEN, {**asked, "scope": "profile"}, oidc_browser.basic(world)
    ).json()
    assert (narrow["scope"], "id_token" in narrow) == ("profile", False)
    seen = oidc_browser.userinfo(narrow["access_token"])
    assert (seen.status_code, seen.json()["error"]) == (403, "insufficient_scope")


def test_no_secret_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("django.db.backends", "psycopg"):
        logging.getLogger(name).setLevel(logging.INFO)
    body = oidc_browser.tokens(world, world.olli)
    oidc_browser.introspect(world, body["access_token"])
    written = "\n".join(record.getMessage() for record in caplog.records)
    secrets = [
        body["access_token"],
        body["refresh_token"],
        world.secrets["ordering"],
        VERIFIER,
        body["id_token"],
    ]
    assert [one for one in secrets if one in written] == []


def test_each_response_leaves_a_log_line_and_a_measurement(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="portal.request")
    code = oidc_browser.code(signed_in.browser(world.olli))
    body = oidc_browser.redeem(world, code).json()
    oidc_browser.introspect(world, body["access_token"])
    refused(oidc_browser.post(metadata.INTROSPECT, {"token": "x"}))
    oidc_browser.userinfo(body["access_token"])
    for address in (metadata.JWKS, metadata.DISCOVERY):
        numbered: Any = Client(headers={"host": "localhost"}).get(address)
        assert re.fullmatch("[0-9A-Z]{4}-[0-9A-Z]{4}", numbered.headers["X-Request-ID"])
    log_records = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    seen = {(one["route"], one["method"], one["status"]) for one in log_records}
    assert seen >= {
        ("oauth/token", "POST", 200),
        ("oauth/introspect", "POST", 200),
        ("oauth/introspect", "POST", 401),
        ("oauth/userinfo", "GET", 200),
        ("oauth/jwks.json", "GET", 200),
        (".well-known/openid-configuration", "GET", 200),
    }
    counted = metrics.text(gauges={}).decode()
    assert 'keyholder_request_seconds_count{method="POST",route="oauth/introspect",status="4xx"}' in counted


def test_server_error_of_an_endpoint_is_json_without_details(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(error: Exception) -> Any:
        def endpoint(request: object) -> Any:
            raise error

        return {**fast_path.ROUTES, metadata.USERINFO: (endpoint, ("GET",))}

    for error, expected in (
        (OperationalError("secret detail"), (503, "temporarily_unavailable")),
        (RuntimeError("secret detail"), (500, "server_error")),
    ):
        monkeypatch.setattr(fast_path, "ROUTES", fail(error))
        response: Any = Client(headers={"host": "localhost"}).get(metadata.USERINFO)
        assert refused(response) == expected
        assert "secret detail" not in response.content.decode()
        assert response.json()["error_description"] == f"Reference {response['X-Request-ID']}"


def test_used_refresh_tokens_are_stored_as_hashes(world: World) -> None:
    body = oidc_browser.tokens(world, world.olli)
    kept = json.dumps(list(RefreshToken.objects.values_list("hash", flat=True)))
    assert body["refresh_token"] not in kept
