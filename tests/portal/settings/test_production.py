"""Production: what every security setting is, and every header and cookie of every kind of answer."""

import dataclasses
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from identity.people.hashers import Argon2id
from tests import settings as test_settings
from tests.fixtures import browser_client, production, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.production import Answer, Ask
from tests.fixtures.snapshot import RestoreWorld

SETTINGS: dict[str, Any] = {
    "DEBUG": False,
    "ALLOWED_HOSTS": ["id.example.test"],
    "CLOCK_OFFSET_FILE": "",
    "USE_X_FORWARDED_HOST": False,
    "USE_X_FORWARDED_PORT": False,
    "SECURE_PROXY_SSL_HEADER": None,
    "ALLAUTH_TRUSTED_PROXY_COUNT": 0,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_CONTENT_TYPE_NOSNIFF": True,
    "SECURE_REFERRER_POLICY": "same-origin",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
    "X_FRAME_OPTIONS": "DENY",
    "SESSION_COOKIE_NAME": "__Host-kh",
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_DOMAIN": None,
    "SESSION_COOKIE_PATH": "/",
    "SESSION_COOKIE_AGE": 12 * 3600,
    "SESSION_SERIALIZER": "django.contrib.sessions.serializers.JSONSerializer",
    "CSRF_COOKIE_NAME": "__Host-kh-csrf",
    "CSRF_COOKIE_SECURE": True,
    "CSRF_COOKIE_HTTPONLY": True,
    "CSRF_COOKIE_SAMESITE": "Lax",
    "CSRF_COOKIE_DOMAIN": None,
    "CSRF_COOKIE_PATH": "/",
    "CSRF_TRUSTED_ORIGINS": [],
    "PASSWORD_HASHERS": [
        "identity.people.hashers.Argon2id",
        "identity.people.hashers.MachineSecretHasher",
    ],
    "PASSWORD_RESET_TIMEOUT": 7200,
    "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
    "ACCOUNT_PREVENT_ENUMERATION": True,
    "ACCOUNT_UNIQUE_EMAIL": True,
    "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
    "ACCOUNT_SESSION_REMEMBER": False,
    "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE": True,
    "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
    "ACCOUNT_REAUTHENTICATION_TIMEOUT": 0,
    "ACCOUNT_DEFAULT_HTTP_PROTOCOL": "https",
    "ACCOUNT_RATE_LIMITS": False,
    "MFA_RATE_LIMITS": False,
    "DEVICE_COOKIE_NAME": "__Host-kh-device",
    "WAITING_BROWSER_COOKIE_NAME": "__Host-kh-waiting",
    "MFA_SUPPORTED_TYPES": ["totp", "webauthn"],
    "MFA_PASSKEY_SIGNUP_ENABLED": False,
    "MFA_TRUST_ENABLED": False,
}

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}
HSTS = "max-age=31536000; includeSubDomains"
SAFE = {
    "strict-transport-security": HSTS,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "access-control-allow-origin": None,
    "server": None,
    "x-powered-by": None,
}
"""Of every page, whatever its status."""
NEVER_KEPT = {**SAFE, "cache-control": "max-age=0, no-cache, no-store, must-revalidate, private"}
"""Of allauth's own pages, which say the same in more words."""
NO_DOCUMENT = {"default-src": "'none'", "style-src": "'unsafe-inline'", "frame-ancestors": "'none'"}
PROGRAM = {**SAFE, "x-frame-options": None, "content-security-policy": NO_DOCUMENT, "pragma": "no-cache"}
"""Of an answer to a program."""
FILE = {
    **PROGRAM,
    "pragma": None,
    "access-control-allow-origin": "*",
    "cache-control": "max-age=315360000, public, immutable",
}


def public(seconds: int) -> dict[str, Any]:
    """Headers of metadata that any cache may store."""
    public = {
        "cache-control": f"public, max-age={seconds}",
        "access-control-allow-origin": "*",
        "pragma": None,
    }
    return {**PROGRAM, **public}


# Not the person of the session: production stores a cheap hash of the tests again, which ends other sessions.
LOGIN = {"login": "paivi@koskela.example", "password": worlds.PASSWORD}
WRONG_TOKEN = {**LOGIN, "csrfmiddlewaretoken": "x" * 64}
ELSEWHERE = {"Origin": "https://evil.example"}
SESSION = "session"
"""Stands for the cookie of a signed-in person."""
INSIDE = {"__Host-kh": SESSION}

CASES: dict[str, tuple[Ask, int, dict[str, Any]]] = {
    "sign-in page": (Ask("/account/login/", browser="first"), 200, NEVER_KEPT),
    "sign-in": (Ask("/account/login/", "POST", "first", LOGIN), 302, NEVER_KEPT),
    "second sign-in page": (Ask("/account/login/", browser="second"), 200, NEVER_KEPT),
    "sign-in refused": (
        Ask("/account/login/", "POST", "second", {**LOGIN, "password": "x"}),
        200,
        NEVER_KEPT,
    ),
    "language": (Ask("/language", "POST", "first", {"language": "fi", "next": "/"}), 302, SAFE),
    "private without a session": (Ask("/o/koskela/people"), 302, SAFE),
    "home": (Ask("/o/koskela/", cookies=INSIDE), 200, SAFE),
    "people": (Ask("/o/koskela/people", cookies=INSIDE), 200, SAFE),
    "activity": (Ask("/o/koskela/activity", cookies=INSIDE), 200, SAFE),
    "own access": (Ask("/o/koskela/me", cookies=INSIDE), 200, SAFE),
    "security": (Ask("/account/security/", cookies=INSIDE), 200, SAFE),
    "cookie name of another deployment": (Ask("/o/koskela/", cookies={"kh": SESSION}), 302, SAFE),
    "bad request": (Ask("/o/koskela/people?q=%00", cookies=INSIDE), 400, SAFE),
    "form without its cookie": (Ask("/account/login/", "POST", "third", LOGIN), 419, SAFE),
    "form with a wrong token": (Ask("/account/login/", "POST", "second", WRONG_TOKEN), 419, SAFE),
    "form from elsewhere": (Ask("/account/login/", "POST", "second", LOGIN, ELSEWHERE), 403, SAFE),
    "not found": (Ask("/nowhere", cookies=INSIDE), 404, SAFE),
    "not found without a session": (Ask("/nowhere"), 404, SAFE),
    "another organization": (Ask("/o/pohjola/people", cookies=INSIDE), 404, SAFE),
    "unknown invitation": (Ask("/invitations/nothing"), 404, SAFE),
    "trace": (Ask("/account/login/", "TRACE"), 405, NEVER_KEPT),
    "another host": (Ask("/account/login/", headers={"Host": "evil.example"}), 400, SAFE),
    "health": (Ask("/health/live"), 200, SAFE),
    "metrics from elsewhere": (Ask("/metrics"), 404, SAFE),
    "authorization request": (Ask("/oauth/authorize?client_id=nobody"), 400, SAFE),
    "discovery": (Ask("/.well-known/openid-configuration"), 200, public(3600)),
    "metadata": (Ask("/.well-known/oauth-authorization-server"), 200, public(3600)),
    "keys": (Ask("/oauth/jwks.json"), 200, public(900)),
    "token": (Ask("/oauth/token", "POST", fields={"grant_type": "authorization_code"}), 401, PROGRAM),
    "token by GET": (Ask("/oauth/token"), 405, PROGRAM),
    "userinfo": (Ask("/oauth/userinfo"), 401, PROGRAM),
    "introspection": (Ask("/oauth/introspect", "POST", fields={"token": "x"}), 401, PROGRAM),
    "device": (Ask("/oauth/device_authorization", "POST", fields={"client_id": "x"}), 401, PROGRAM),
    "pushed request": (Ask("/oauth/par", "POST", fields={"client_id": "x"}), 401, PROGRAM),
    "revocation": (Ask("/oauth/revoke", "POST", fields={"token": "x"}), 401, PROGRAM),
    "no file": (Ask("/static/nothing.css"), 404, SAFE),
}


@dataclasses.dataclass(frozen=True)
class Portal:
    """What production said."""

    settings: dict[str, Any]
    answers: dict[str, Answer]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("production")


def started(home: Path, asks: list[Ask], **more: str) -> production.Observed:
    """With the keys of this run, so that a session made here is known there."""
    there = production.environment(home, KEYHOLDER_KEYS=str(test_settings.RUN / "keys"), **more)
    return production.start(home, there=there, settings=list(SETTINGS), asks=asks)


@pytest.fixture(scope="module")
def cached_portal() -> dict[str, Portal]:
    return {}


@pytest.fixture
def portal(restore_world: RestoreWorld, cached_portal: dict[str, Portal], home: Path) -> Portal:
    """All cases, asked once in one process."""
    if not cached_portal:
        cookie = signed_in.browser(restore_world().aino).cookies["kh"].value
        known = {name: dict.fromkeys(case[0].cookies, cookie) for name, case in CASES.items()}
        asks = [dataclasses.replace(case[0], cookies=known[name]) for name, case in CASES.items()]
        seen = started(home, asks)
        cached_portal["portal"] = Portal(seen.settings, dict(zip(CASES, seen.answers, strict=True)))
    return cached_portal["portal"]


def headers(answer: Answer, names: dict[str, Any]) -> dict[str, Any]:
    """Those of these names, the policy as its directives."""
    found: dict[str, Any] = {name: answer.headers.get(name) for name in names}
    if found.get("content-security-policy"):
        parts = [
            part.strip().partition(" ")
            for part in found["content-security-policy"].split(";")
            if part.strip()
        ]
        found["content-security-policy"] = {name: value for name, _, value in parts}
        assert len(parts) == len(found["content-security-policy"])
    return found


def test_security_settings_in_production(portal: Portal) -> None:
    assert portal.settings == SETTINGS


def test_passwords_are_hashed_with_the_least_memory_and_time_that_owasp_names() -> None:
    """Tests hash with less of both (`tests.fixtures.hashers`)."""
    assert (Argon2id.memory_cost, Argon2id.time_cost, Argon2id.parallelism) == (19 * 1024, 2, 1)


@pytest.mark.parametrize("name", CASES)
def test_response_has_every_security_header(portal: Portal, name: str) -> None:
    _, status, expected = CASES[name]
    answer = portal.answers[name]
    assert answer.status == status
    assert headers(answer, expected) == expected
    if answer.headers.get("content-type", "").startswith("text/"):
        assert "charset=utf-8" in answer.headers["content-type"]


def test_hashed_static_file_is_cached_as_immutable(portal: Portal, home: Path) -> None:
    page = portal.answers["sign-in page"].body
    style, script = (re.findall(rf'="(/static/[^"]+\.{kind})"', page)[0] for kind in ("css", "js"))
    for answer, kind in zip(
        started(home, [Ask(style), Ask(script)]).answers, ("css", "javascript"), strict=True
    ):
        assert answer.status == 200
        assert kind in answer.headers["content-type"]
        assert headers(answer, FILE) == FILE
        assert answer.set_cookies == []


LOCKED = {"path": "/", "samesite": "Lax", "httponly": "", "secure": ""}
"""`__Host-` asks for the path /, Secure and no Domain."""


@pytest.mark.parametrize(
    ("answer", "cookie"),
    [("sign-in page", "__Host-kh-csrf"), ("sign-in", "__Host-kh"), ("language", "__Host-kh-language")],
)
def test_cookies_have_secure_attributes(portal: Portal, answer: str, cookie: str) -> None:
    assert portal.answers[answer].cookie(cookie) == LOCKED


def test_sign_in_through_the_pages_of_production_works(portal: Portal) -> None:
    assert portal.answers["sign-in"].headers["location"] == browser_client.CODE
    assert portal.answers["private without a session"].headers["location"].startswith("/account/login/?next=")
    assert "Aino Virtanen" in portal.answers["home"].body
    assert json.loads(portal.answers["discovery"].body)["issuer"] == production.ISSUER


def test_error_page_shows_no_internals(portal: Portal) -> None:
    for name, (_, status, _expected) in CASES.items():
        if status >= 400:
            assert not re.search(
                r"Traceback|DEBUG|django|psycopg|/site-packages/", portal.answers[name].body
            ), name


PLAIN, CLAIMED = "http", {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}


@pytest.mark.parametrize(("proxies", "hsts"), [("0", None), ("1", HSTS)])
def test_forwarded_scheme_is_used_behind_a_proxy_only_and_forwarded_host_never(
    db: None, home: Path, proxies: str, hsts: str | None
) -> None:
    asks = [
        Ask("/account/login/", scheme=PLAIN, headers=CLAIMED),
        Ask("/account/login/", scheme=PLAIN),
        Ask("/.well-known/openid-configuration", scheme=PLAIN, headers=CLAIMED),
    ]
    seen = started(home, asks, KEYHOLDER_PROXIES=proxies)
    assert [one.status for one in seen.answers] == [200, 200, 200]
    assert [one.headers.get("strict-transport-security") for one in seen.answers] == [hsts, None, hsts]
    assert not any("evil.example" in one.body for one in seen.answers)
    assert seen.answers[0].cookie("__Host-kh-csrf") == LOCKED
    trusted = ["HTTP_X_FORWARDED_PROTO", "https"] if hsts else None
    assert seen.settings["SECURE_PROXY_SSL_HEADER"] == trusted
    assert seen.settings["ALLAUTH_TRUSTED_PROXY_COUNT"] == int(proxies)


def test_further_host_is_allowed_by_its_exact_name_only(db: None, home: Path) -> None:
    hosts = ("more.example.test", "id.example.test", "sub.more.example.test", "localhost", "127.0.0.1")
    asks = [Ask("/account/login/", headers={"Host": host}) for host in hosts]
    seen = started(home, asks, KEYHOLDER_EXTRA_HOSTS="more.example.test")
    assert [one.status for one in seen.answers] == [200, 200, 400, 400, 400]
    assert sorted(seen.settings["ALLOWED_HOSTS"]) == ["id.example.test", "more.example.test"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"KEYHOLDER_ISSUER": "http://id.example.test"}, "KEYHOLDER_ISSUER"),
        ({"KEYHOLDER_ISSUER": ""}, "KEYHOLDER_ISSUER"),
        ({"KEYHOLDER_PROXIES": ""}, "KEYHOLDER_PROXIES"),
        ({"KEYHOLDER_PROXIES": "one"}, "KEYHOLDER_PROXIES"),
        ({"KEYHOLDER_ENV": "prod"}, "KEYHOLDER_ENV"),
        ({"KEYHOLDER_SMTP_TLS": "yes"}, "KEYHOLDER_SMTP_TLS"),
        ({"KEYHOLDER_CLOCK_OFFSET_FILE": "/tmp/clock"}, "KEYHOLDER_CLOCK_OFFSET_FILE"),  # noqa: S108 - never opened
    ],
    ids=str,
)
def test_unsafe_environment_stops_the_start_and_names_the_variable(
    db: None, home: Path, more: dict[str, str], said: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        started(home, [], **more)
    assert said in refused.value.stderr
