"""ID tokens and logout tokens of the supplier's identity provider: one right one, and each way to be wrong."""

import datetime as dt
import itertools
import json
import secrets
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import algorithms

from portal.signin.staff import configuration, provider_tokens
from portal.signin.staff.errors import ProviderUnavailable, RefusalCode, SignInRefused
from portal.signin.staff.provider import Provider
from tests.fixtures import fake_provider, staff_provider
from tests.fixtures.fake_provider import Defect, FakeProvider, Key

NOW = dt.datetime(2026, 11, 2, 12, 0, 0, tzinfo=dt.UTC)
AT = int(NOW.timestamp())
OTHER = Key("first")
LOGOUT: dict[str, Any] = {fake_provider.EVENT: {}}
LATER = Key("second")


@pytest.fixture(scope="module")
def op() -> Iterator[FakeProvider]:
    with staff_provider.running() as running:
        yield running


@pytest.fixture
def provider(op: FakeProvider) -> Provider:
    return Provider(configuration.Configuration(**staff_provider.setting(op)))


def claims(op: FakeProvider, **other: Any) -> dict[str, Any]:
    return {
        "iss": op.url, "aud": "keyholder", "sub": "staff-1", "iat": AT, "exp": AT + 300, "nonce": "n-1", **other,
    }  # fmt: skip


def verified(provider: Provider, token: object, **other: Any) -> provider_tokens.IdToken:
    known = {"nonce": "n-1", "access_token": "at", "began_at": NOW, "now": NOW}
    return provider_tokens.verify_id_token(token, provider=provider, **{**known, **other})


def test_id_token_of_the_provider_gives_its_claims(op: FakeProvider, provider: Provider) -> None:
    at_hash = provider_tokens._half_hash("at")
    said = claims(op, sid="s-1", auth_time=AT - 5, amr=["pwd", "mfa"], acr="2", at_hash=at_hash)
    token = verified(provider, op.sign(said, typ="JWT", defect=Defect()))
    assert (token.subject, token.session, token.issued_at) == ("staff-1", "s-1", NOW)
    assert token.auth_time == NOW - dt.timedelta(seconds=5)
    assert token.proved == ("2", "pwd", "mfa")


def test_half_hash_is_the_one_of_the_standard() -> None:
    """OpenID Connect Core A.3 prints this pair."""
    assert (
        provider_tokens._half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
    )


ID_DEFECTS: dict[str, Defect] = {
    "no issuer": Defect(claims={"iss": None}),
    "another issuer": Defect(claims={"iss": "https://evil.example"}),
    "no audience": Defect(claims={"aud": None}),
    "another audience": Defect(claims={"aud": "shop"}),
    "an empty list of audiences": Defect(claims={"aud": []}),
    "a second audience": Defect(claims={"aud": ["keyholder", "shop"], "azp": "keyholder"}),
    "another authorized party": Defect(claims={"azp": "shop"}),
    "no subject": Defect(claims={"sub": None}),
    "an empty subject": Defect(claims={"sub": ""}),
    "a subject that is a number": Defect(claims={"sub": 7}),
    "a long subject": Defect(claims={"sub": "s" * 256}),
    "no end": Defect(claims={"exp": None}),
    "an end that is a text": Defect(claims={"exp": str(AT + 300)}),
    "an end that is a truth": Defect(claims={"exp": True}),
    "an endless end": Defect(claims={"exp": 1e300}),
    "expired": Defect(claims={"exp": AT}),
    "no issue": Defect(claims={"iat": None}),
    "issued in the future": Defect(claims={"iat": AT + 61, "exp": AT + 400}),
    "issued before the sign-in": Defect(claims={"iat": AT - 61}),
    "not valid yet": Defect(claims={"nbf": AT + 61}),
    "no nonce": Defect(claims={"nonce": None}),
    "another nonce": Defect(claims={"nonce": "n-2"}),
    "a nonce that is a number": Defect(claims={"nonce": 1}),
    "another access token": Defect(claims={"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"}),
    "an event": Defect(claims={"events": LOGOUT}),
    "no signature": Defect(algorithm="none"),
    "the public key as an HMAC secret": Defect(algorithm="HS256"),
    "another key of the same id": Defect(key=OTHER),
    "an unknown key id": Defect(header={"kid": "nope"}),
    "a key id that is a path": Defect(header={"kid": "../first"}),
    "the type of a logout token": Defect(header={"typ": "logout+jwt"}),
    "the type of an access token": Defect(header={"typ": "at+jwt"}),
    "a critical extension": Defect(header={"crit": ["exp"]}),
}


@pytest.mark.parametrize("defect", ID_DEFECTS.values(), ids=ID_DEFECTS.keys())
def test_id_token_with_one_defect_is_refused(op: FakeProvider, provider: Provider, defect: Defect) -> None:
    with pytest.raises(SignInRefused) as refused:
        verified(provider, op.sign(claims(op), typ="JWT", defect=defect))
    assert refused.value.code is RefusalCode.TOKEN


def test_token_of_the_issuer_with_a_slash_is_refused(op: FakeProvider, provider: Provider) -> None:
    with pytest.raises(SignInRefused, match="iss"):
        verified(provider, op.sign(claims(op, iss=f"{op.url}/"), typ="JWT", defect=Defect()))
    with pytest.raises(SignInRefused, match="iss"):
        ended(provider, op.sign(logout(op, iss=f"{op.url}/"), typ="logout+jwt", defect=Defect()))


@pytest.mark.parametrize("token", [None, 7, "", "a.b", "a.b.c", "ä.ö.ü", "x" * 20_000, "." * 9], ids=repr)
def test_text_that_is_no_token_is_refused(provider: Provider, token: object) -> None:
    with pytest.raises(SignInRefused):
        verified(provider, token)


def test_token_signed_in_another_algorithm_of_the_same_key_is_refused(
    op: FakeProvider, provider: Provider
) -> None:
    token = jwt.encode(claims(op), op.key.private, algorithm="PS256", headers={"kid": "first"})
    with pytest.raises(SignInRefused):
        verified(provider, token)


def test_short_key_of_the_provider_is_refused(op: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the point of the test
    jwk = {**algorithms.RSAAlgorithm.to_jwk(short.public_key(), as_dict=True), "kid": "short"}
    monkeypatch.setattr(op, "keys", [jwk])
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = jwt.encode(claims(op), short, algorithm="RS256", headers={"kid": "short"})
    provider = Provider(configuration.Configuration(**staff_provider.setting(op)))
    with pytest.raises(SignInRefused, match="short"):
        verified(provider, token)


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"kty": "EC"},
        {"alg": "PS256"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"crv": "P-256"},
    ],
    ids=repr,
)
def test_key_for_another_use_verifies_nothing(
    op: FakeProvider, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(op, "keys", [{**op.key.jwk, **change}])
    provider = Provider(configuration.Configuration(**staff_provider.setting(op)))
    with pytest.raises(SignInRefused, match="no key"):
        verified(provider, op.sign(claims(op), typ="JWT", defect=Defect()))


def test_token_without_key_id_is_accepted_only_with_one_key(
    op: FakeProvider, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = jwt.encode(claims(op), op.key.private, algorithm="RS256")
    assert verified(provider, token).subject == "staff-1"
    monkeypatch.setattr(op, "keys", [op.key.jwk, LATER.jwk])
    with pytest.raises(SignInRefused, match="no key"):
        verified(Provider(provider.configured), token)


def logout(op: FakeProvider, **other: Any) -> dict[str, Any]:
    return {
        "iss": op.url, "aud": "keyholder", "iat": AT, "exp": AT + 120, "jti": "j-1", "events": LOGOUT,
        "sub": "staff-1", **other,
    }  # fmt: skip


def ended(provider: Provider, token: object) -> provider_tokens.LogoutToken:
    return provider_tokens.verify_logout_token(token, provider=provider, now=NOW)


def test_logout_token_of_the_provider_names_subject_and_session(op: FakeProvider, provider: Provider) -> None:
    token = ended(provider, op.sign(logout(op, sid="s-1"), typ="logout+jwt", defect=Defect()))
    assert (token.id, token.subject, token.session, token.issued_at) == ("j-1", "staff-1", "s-1", NOW)
    by_session = op.sign(
        logout(op, sid="s-1", sub=None) | {}, typ="logout+jwt", defect=Defect(claims={"sub": None})
    )
    assert ended(provider, by_session).subject == ""


LOGOUT_DEFECTS: dict[str, Defect] = {
    **{
        name: ID_DEFECTS[name]
        for name in (
            "no issuer", "another issuer", "no audience", "another audience", "a second audience",
            "another authorized party", "no end", "expired", "no issue", "issued in the future", "no signature",
            "the public key as an HMAC secret", "another key of the same id", "an unknown key id",
        )
    },
    "a long life": Defect(claims={"exp": AT + 601}),
    "a nonce": Defect(claims={"nonce": "n-1"}),
    "an empty nonce": Defect(claims={"nonce": ""}),
    "no event": Defect(claims={"events": None}),
    "another event": Defect(claims={"events": {"http://example.com/other": {}}}),
    "an event that is no object": Defect(claims={"events": {fake_provider.EVENT: []}}),
    "events in a list": Defect(claims={"events": [fake_provider.EVENT]}),
    "nobody": Defect(claims={"sub": None}),
    "a subject that is a number": Defect(claims={"sub": 7}),
    "a session that is a number": Defect(claims={"sid": 7}),
    "an empty session": Defect(claims={"sid": ""}),
    "no id": Defect(claims={"jti": None}),
    "no type": Defect(header={"typ": None}),
    "the type of an ID token": Defect(header={"typ": "JWT"}),
}  # fmt: skip


@pytest.mark.parametrize("defect", LOGOUT_DEFECTS.values(), ids=LOGOUT_DEFECTS.keys())
def test_logout_token_with_one_defect_is_refused(
    op: FakeProvider, provider: Provider, defect: Defect
) -> None:
    with pytest.raises(SignInRefused) as refused:
        ended(provider, op.sign(logout(op), typ="logout+jwt", defect=defect))
    assert refused.value.code is RefusalCode.TOKEN


def test_neither_token_stands_for_the_other(op: FakeProvider, provider: Provider) -> None:
    both = {**claims(op), **logout(op)}
    for typ, verify in itertools.product(("JWT", "logout+jwt"), (verified, ended)):
        with pytest.raises(SignInRefused):
            verify(provider, op.sign(both, typ=typ, defect=Defect()))


def test_new_key_of_the_provider_is_fetched_once_a_minute_at_most(
    op: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("portal.signin.staff.provider.time", SimpleNamespace(monotonic=lambda: now[0]))
    provider = Provider(configuration.Configuration(**staff_provider.setting(op)))
    fetched = op.jwks_fetched
    verified(provider, op.sign(claims(op), typ="JWT", defect=Defect()))
    monkeypatch.setattr(op, "keys", [op.key.jwk, LATER.jwk])
    later = op.sign(claims(op), typ="JWT", defect=Defect(key=LATER))
    for _ in range(3):
        with pytest.raises(SignInRefused, match="no key"):
            verified(provider, later)
    assert op.jwks_fetched == fetched + 1
    now[0] += 61
    assert verified(provider, later).subject == "staff-1"
    for _ in range(3):
        with pytest.raises(SignInRefused, match="no key"):
            verified(
                provider, op.sign(claims(op), typ="JWT", defect=Defect(header={"kid": secrets.token_hex(4)}))
            )
    assert op.jwks_fetched == fetched + 2


def test_withdrawn_key_is_refused_after_fifteen_minutes(
    op: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("portal.signin.staff.provider.time", SimpleNamespace(monotonic=lambda: now[0]))
    provider = Provider(configuration.Configuration(**staff_provider.setting(op)))
    token = op.sign(claims(op), typ="JWT", defect=Defect())
    verified(provider, token)
    monkeypatch.setattr(op, "keys", [LATER.jwk])
    now[0] += 899
    verified(provider, token)
    now[0] += 2
    with pytest.raises(SignInRefused, match="no key"):
        verified(provider, token)


def test_provider_that_is_down_refuses_and_is_not_called_again_at_once(
    op: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(op, "is_down", True)
    provider = Provider(configuration.Configuration(**staff_provider.setting(op)))
    calls = len(op.paths)
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            verified(provider, op.sign(claims(op), typ="JWT", defect=Defect()))
    assert len(op.paths) == calls + 1


METADATA: list[dict[str, Any]] = [
    {"issuer": "https://evil.example"},
    {"issuer": None},
    {"token_endpoint": None},
    {"jwks_uri": "ftp://localhost/jwks"},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"authorization_endpoint": "http:///authorize"},
    {"userinfo_endpoint": ["http://localhost/"]},
    {"token_endpoint": "http://[/"},
]


@pytest.mark.parametrize("change", METADATA, ids=json.dumps)
def test_metadata_of_no_provider_are_refused(
    op: FakeProvider, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(op, "metadata", change)
    with pytest.raises(ProviderUnavailable):
        Provider(configuration.Configuration(**staff_provider.setting(op))).metadata()


def test_provider_inside_the_machine_s_networks_is_not_called(op: FakeProvider, settings: Any) -> None:
    settings.ALLOWED_INTERNAL_HOSTS = []
    calls = len(op.paths)
    with pytest.raises(ProviderUnavailable):
        Provider(configuration.Configuration(**staff_provider.setting(op))).metadata()
    assert len(op.paths) == calls
