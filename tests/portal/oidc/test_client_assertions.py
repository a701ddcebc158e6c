"""Clients with keys of their own: what is accepted as an assertion, and what an attacker would try."""

import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from jwt.algorithms import RSAAlgorithm
from jwt.warnings import InsecureKeyLengthWarning

from identity.clients.models import Client as Registered
from portal.oidc import metadata
from tests.fixtures import client_keys, oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.client_keys import ClientKeys
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keys(world: World, settings: LazySettings) -> Iterator[ClientKeys]:
    """The web shop authenticates by keys."""
    with client_keys.registered(settings) as made:
        yield made


def introspect(sent: dict[str, str], **more: str) -> Any:
    """The cheapest request that a client authenticates for."""
    return oidc_browser.post(metadata.INTROSPECT, {"token": "x", **sent, **more})


def test_code_refresh_and_revocation_take_an_assertion_and_no_secret(world: World, keys: ClientKeys) -> None:
    code = oidc_browser.code(signed_in.browser(world.olli))
    body = oidc_browser.redeem_body(code)
    assert oidc_browser.post(metadata.TOKEN, body, oidc_browser.basic(world)).status_code == 401
    issued = oidc_browser.post(metadata.TOKEN, {**body, **keys.parameters()}).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    again = oidc_browser.post(
        metadata.TOKEN, {**refresh, **keys.parameters(aud=f"http://localhost:8000{metadata.TOKEN}")}
    )
    assert again.status_code == 200
    assert introspect(keys.parameters(), token=again.json()["access_token"]).json()["active"]
    revoked = oidc_browser.post(metadata.REVOKE, {"token": again.json()["access_token"], **keys.parameters()})
    assert revoked.status_code == 200
    assert keys.fetches == 1


def test_assertion_that_is_not_the_client_s_for_us_in_time_and_new_is_refused(
    world: World, keys: ClientKeys
) -> None:
    now = int(time.time())
    for claims in (
        {"iss": "crm"},
        {"sub": "crm"},
        {"aud": "https://elsewhere.example"},
        {"aud": None},
        {"aud": ["http://localhost:8000", "https://elsewhere.example"]},
        {"aud": f"http://localhost:8000{metadata.REVOKE}"},
        {"sub": "\ud800"},
        {"jti": "\ud800"},
        {"exp": 10**400},
        {"exp": None},
        {"exp": now - 120},
        {"exp": now + 3600},
        {"iat": now + 600},
        {"nbf": now + 600},
        {"jti": None},
        {"jti": "j" * 257},
        {"jti": ""},
    ):
        assert introspect(keys.parameters(**claims)).status_code == 401, claims
    with CaptureQueriesContext(connection) as captured:
        assert introspect(keys.parameters()).status_code == 200
    assert len(captured) == 3, "client with token, keys, and the use of the assertion"
    assert introspect(keys.parameters(), client_id="crm").status_code == 401
    assert introspect(keys.parameters(), client_secret=world.secrets["ordering"]).status_code == 400
    assert introspect({**keys.parameters(), "client_assertion_type": "x"}).status_code == 400


def test_assertion_of_another_key_or_algorithm_is_refused(world: World, keys: ClientKeys) -> None:
    kid, _ = keys.keys[-1]
    claims = jwt.decode(keys.assertion(), options={"verify_signature": False})
    for forged in (
        jwt.encode(claims, "", "none", headers={"kid": kid}),
        jwt.encode(claims, world.secrets["ordering"], "HS256", headers={"kid": kid}),
        ClientKeys().assertion(header={"kid": kid}),
        keys.assertion()[:-6] + "AAAAAA",
        "a.b.c",
        "x",
    ):
        assert introspect(client_keys.as_parameters(forged)).status_code == 401, forged


def test_assertion_is_accepted_once_also_at_the_same_moment(world: World, keys: ClientKeys) -> None:
    introspect(keys.parameters())
    sent = keys.parameters()
    answers = run_concurrently(*[lambda: introspect(sent).status_code] * 4)
    assert sorted(map(str, answers)) == ["200", "401", "401", "401"]


def test_rotated_key_is_fetched_at_once_and_a_flood_of_unknown_ones_is_not(
    world: World, keys: ClientKeys
) -> None:
    assert introspect(keys.parameters()).status_code == 200
    keys.rotate()
    assert introspect(keys.parameters()).status_code == 200
    for _ in range(5):
        assert (
            introspect(client_keys.as_parameters(keys.assertion(header={"kid": "unknown"}))).status_code
            == 401
        )
    assert keys.fetches == 2
    kid, _ = keys.keys[-1]
    keys.rotate()
    keys.keys = [(kid, keys.keys[0][1])]
    move_clock(31)
    assert introspect(keys.parameters()).status_code == 200, "another key, the same kid"


def test_withdrawn_key_is_refused_after_the_time_of_the_cache(world: World, keys: ClientKeys) -> None:
    assert introspect(keys.parameters()).status_code == 200
    withdrawn = ClientKeys()
    withdrawn.keys = list(keys.keys)
    later = int(time.time())
    assert introspect(withdrawn.parameters(exp=later + 60, iat=later)).status_code == 200
    keys.rotate()
    move_clock(700)
    assert introspect(withdrawn.parameters(exp=later + 760, iat=later)).status_code == 401


def test_client_without_keys_or_with_an_unreachable_address_takes_no_assertion(
    world: World, keys: ClientKeys
) -> None:
    assert introspect(keys.parameters(client="crm")).status_code == 401
    with worlds.bypassing_commands():
        Registered.objects.filter(pk="ordering").update(jwks_uri="http://127.0.0.1:9/jwks.json")
    for _ in range(2):
        unavailable = introspect(keys.parameters())
        assert (unavailable.status_code, unavailable["Retry-After"]) == (503, "30")


def test_keys_count_for_an_hour_while_the_address_of_the_client_fails(world: World, keys: ClientKeys) -> None:
    assert introspect(keys.parameters()).status_code == 200
    keys.close()
    for seconds, status in ((700, 200), (3700, 503)):
        move_clock(seconds)
        assert introspect(keys.parameters(exp=int(time.time()) + seconds + 60)).status_code == status, seconds


def test_key_that_is_short_or_for_another_use_verifies_nothing(
    world: World, keys: ClientKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = json.loads(keys.published())["keys"][0]
    for wrong in ({"alg": "ES384"}, {"key_ops": ["sign"]}, {"use": "enc"}):
        monkeypatch.setattr(
            keys, "published", lambda w=wrong: json.dumps({"keys": [{**published, **w}]}).encode()
        )
        cache.clear()
        assert introspect(keys.parameters()).status_code == 401, wrong
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - the one that is refused
    row = {**RSAAlgorithm.to_jwk(short.public_key(), as_dict=True), "kid": "short"}
    monkeypatch.setattr(keys, "published", lambda: json.dumps({"keys": [row]}).encode())
    cache.clear()
    claims = jwt.decode(keys.assertion(), options={"verify_signature": False})
    with pytest.warns(InsecureKeyLengthWarning):
        forged = jwt.encode(claims, short, "RS256", headers={"kid": "short"})
    assert introspect(client_keys.as_parameters(forged)).status_code == 401


def test_sql_in_the_cache_gives_a_client_no_other_key_and_no_second_use(
    world: World, keys: ClientKeys
) -> None:
    sent = keys.parameters()
    assert introspect(sent).status_code == 200
    attacker = ClientKeys()
    with connection.cursor() as cursor:
        evil = json.dumps([9e9, {"keys": json.loads(attacker.published())["keys"], "fresh_until": 9e9}])
        cursor.execute(
            "UPDATE portal_cache SET value = jsonb_set(value, '{text}', to_jsonb(%s::text)) "
            "WHERE cache_key LIKE '%%oidc-client-keys%%'",
            [evil],
        )
    attacker.close()
    assert introspect(attacker.parameters()).status_code in {401, 503}
    cache.clear()
    assert introspect(sent).status_code == 401, "a crash empties the cache, and the assertion stays used"
