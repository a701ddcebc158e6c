"""Back-channel logout: what ends a session, and every token that must not."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.demo import cast
from tests.fixtures import demo_services, fake_provider


@pytest.fixture
def signed_in(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> demo_services.ServiceBrowser:
    """Return a browser that is signed in with the sid "sid-of-<sub>"."""
    assert service_browser.sign_in(op, cast.claims(sub, sid=f"sid-of-{sub}")).status_code == 200
    return service_browser


def test_logout_token_with_sid_ends_that_session_only(
    op: fake_provider.FakeProvider,
    signed_in: demo_services.ServiceBrowser,
    shop: demo_services.Service,
    sub: str,
) -> None:
    elsewhere = demo_services.ServiceBrowser(shop)
    elsewhere.sign_in(op, cast.claims(sub))
    answer = shop.log_out(op.logout_token(client_id="ordering", sid=f"sid-of-{sub}", sub=sub))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert elsewhere.signed_in
    session = signed_in.get("/session").json()
    assert session["signed_in"] is False
    assert session["why"].startswith("Kivisalo Keys ended this sign-in at")


def test_request_after_logout_is_refused_with_the_reason(
    op: fake_provider.FakeProvider,
    signed_in: demo_services.ServiceBrowser,
    shop: demo_services.Service,
    sub: str,
) -> None:
    form = signed_in.get("/order").text
    hidden = {
        "csrf": demo_services.first_match(demo_services.CSRF, form),
        "once": demo_services.first_match(demo_services.ONCE, form),
    }
    shop.log_out(op.logout_token(client_id="ordering", sid=f"sid-of-{sub}"))
    page = signed_in.get("/people")
    assert page.status_code == 401
    assert "You are signed out." in page.text
    assert "Kivisalo Keys ended this sign-in" in page.text
    assert "Open Kivisalo Keys to see whether you are still signed in there." in page.text
    assert "That did not sign you out" not in page.text
    assert "/portal-sign-out" not in page.text.partition("<template")[0]
    order = {**hidden, "amount": "10", "site": "site-tampere"}
    refused = signed_in.http.post(shop.url + "/order", data=order, timeout=10)
    assert refused.status_code == 401
    assert "Nothing was ordered" in refused.text
    assert not any(line["sub"] == sub for line in shop.journal("orders"))


def test_logout_token_without_sid_ends_all_sessions_of_the_person(
    op: fake_provider.FakeProvider,
    signed_in: demo_services.ServiceBrowser,
    shop: demo_services.Service,
    sub: str,
) -> None:
    elsewhere = demo_services.ServiceBrowser(shop)
    elsewhere.sign_in(op, cast.claims(sub))
    assert shop.log_out(op.logout_token(client_id="ordering", sub=sub)).status_code == 200
    assert not signed_in.signed_in
    assert not elsewhere.signed_in
    assert shop.journal("logouts")[-1]["ended"] == 2


def test_logout_token_with_sid_of_another_person_ends_no_session(
    op: fake_provider.FakeProvider,
    signed_in: demo_services.ServiceBrowser,
    shop: demo_services.Service,
    sub: str,
) -> None:
    shop.log_out(op.logout_token(client_id="ordering", sid=f"sid-of-{sub}", sub="somebody-else"))
    assert signed_in.signed_in


FALSE: dict[str, fake_provider.Defect] = {
    "an ID token's typ": fake_provider.Defect(header={"typ": "JWT"}),
    "no typ": fake_provider.Defect(header={"typ": None}),
    "another issuer": fake_provider.Defect(claims={"iss": "http://evil.example"}),
    "no issuer": fake_provider.Defect(claims={"iss": None}),
    "another service": fake_provider.Defect(claims={"aud": "crm"}),
    "no audience": fake_provider.Defect(claims={"aud": None}),
    "no iat": fake_provider.Defect(claims={"iat": None}),
    "iat as a text": fake_provider.Defect(claims={"iat": "now"}),
    "from the future": fake_provider.Defect(times={"iat": 600}),
    "expired": fake_provider.Defect(times={"exp": -60}),
    "no exp": fake_provider.Defect(claims={"exp": None}),
    "exp as true": fake_provider.Defect(claims={"exp": True}),
    "no events": fake_provider.Defect(claims={"events": None}),
    "another event": fake_provider.Defect(claims={"events": {"http://evil.example/other": {}}}),
    "event without its object": fake_provider.Defect(claims={"events": {fake_provider.EVENT: None}}),
    "events as a list": fake_provider.Defect(claims={"events": [fake_provider.EVENT]}),
    "a nonce": fake_provider.Defect(claims={"nonce": "n"}),
    "no jti": fake_provider.Defect(claims={"jti": None}),
    "nobody named": fake_provider.Defect(claims={"sid": None, "sub": None}),
    "sid as a number": fake_provider.Defect(claims={"sid": 7}),
    "a stranger's key": fake_provider.Defect(key=fake_provider.Key("first")),
    "no signature": fake_provider.Defect(algorithm="none"),
    "public key as secret": fake_provider.Defect(algorithm="HS256"),
}


@pytest.mark.parametrize("defect", FALSE.values(), ids=FALSE)
def test_logout_token_with_a_wrong_claim_or_signature_is_refused(
    op: fake_provider.FakeProvider,
    signed_in: demo_services.ServiceBrowser,
    shop: demo_services.Service,
    sub: str,
    defect: fake_provider.Defect,
) -> None:
    token = op.logout_token(client_id="ordering", defect=defect, sid=f"sid-of-{sub}", sub=sub)
    answer = shop.log_out(token)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert answer.json()["error_description"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert signed_in.signed_in


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "\x00", "eyJhbGciOiJSUzI1NiJ9.e30."])
def test_logout_request_without_a_token_is_refused(shop: demo_services.Service, token: str) -> None:
    assert shop.log_out(token).status_code == 400


def test_logout_token_used_again_after_a_restart_is_refused(
    op: fake_provider.FakeProvider, own_shop: demo_services.Service
) -> None:
    token = op.logout_token(client_id="ordering", sid="some")
    assert own_shop.log_out(token).status_code == 200
    assert own_shop.log_out(token).status_code == 400
    own_shop.kill()
    own_shop.start()
    assert own_shop.log_out(token).status_code == 400
    assert len(own_shop.journal("logouts")) == 1


@pytest.fixture
def rotated(op: fake_provider.FakeProvider) -> Iterator[fake_provider.Key]:
    former = op.key
    op.key = fake_provider.Key("second")
    yield op.key
    op.key = former


def test_unknown_key_id_fetches_the_keys_once(
    op: fake_provider.FakeProvider, own_shop: demo_services.Service, rotated: fake_provider.Key
) -> None:
    own_shop.log_out(op.logout_token(client_id="ordering", sid="some"))
    op.key = fake_provider.Key("third")
    fetched = op.jwks_fetched
    assert own_shop.log_out(op.logout_token(client_id="ordering", sid="some")).status_code == 200
    assert op.jwks_fetched == fetched + 1
    unknown = fake_provider.Defect(header={"kid": "never-heard-of"})
    refused = own_shop.log_out(op.logout_token(client_id="ordering", defect=unknown, sid="some"))
    assert refused.status_code == 400
    assert op.jwks_fetched == fetched + 2


def test_logout_without_reachable_keys_answers_503_with_retry_after(
    op: fake_provider.FakeProvider, tmp_path: pathlib.Path
) -> None:
    gone = f"http://localhost:{demo_services.free_port()}"
    service = demo_services.Service("ordering", tmp_path, gone)
    with demo_services.running(service):
        answer = service.log_out(op.logout_token(client_id="ordering", sid="some"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("named", [{"sid": "overtaken"}, {"sub": ""}], ids=["by sid", "by sub"])
def test_logout_during_a_sign_in_refuses_that_sign_in(
    op: fake_provider.FakeProvider,
    service_browser: demo_services.ServiceBrowser,
    shop: demo_services.Service,
    sub: str,
    named: dict[str, Any],
) -> None:
    who: dict[str, Any] = {key: value or sub for key, value in named.items()}
    token = op.logout_token(client_id="ordering", **who)
    assert shop.log_out(token).status_code == 200
    with op.with_defect(fake_provider.Defect(times={"iat": -2})):
        page = service_browser.sign_in(op, cast.claims(sub, sid="overtaken"))
    assert page.status_code == 400
    assert "ended while it was under way" in page.text
    with op.with_defect(fake_provider.Defect(times={"iat": 2})):
        assert service_browser.sign_in(op, cast.claims(sub, sid="overtaken")).status_code == 200


def test_restart_keeps_open_sessions_and_ended_ones(
    op: fake_provider.FakeProvider, own_shop: demo_services.Service
) -> None:
    sub = cast.new_sub()
    own_shop.scim("POST", "/Users", cast.user(sub))
    staying, ending = demo_services.ServiceBrowser(own_shop), demo_services.ServiceBrowser(own_shop)
    staying.sign_in(op, cast.claims(sub, sid="stays"))
    ending.sign_in(op, cast.claims(sub, sid="ends"))
    own_shop.log_out(op.logout_token(client_id="ordering", sid="ends"))
    own_shop.kill()
    own_shop.start()
    assert staying.signed_in
    assert not ending.signed_in
