"""Signing in at a service that is not the portal, and every answer it must not believe."""

import pathlib
import urllib.parse
from typing import Any

import pytest
import requests

from tests.demo import cast
from tests.fixtures import demo_services, fake_provider

FOREIGN = fake_provider.Key("first")


def test_start_page_after_sign_in_shows_the_rights(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> None:
    page = service_browser.sign_in(op, cast.claims(sub))
    assert page.status_code == 200
    for words in ("orderer", "Place orders", "Tampere", "5\u00a0000\u00a0€ per order", "10077"):
        assert words in page.text


def test_authorization_request_has_new_state_nonce_and_challenge(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> None:
    op.person = cast.claims(sub)
    service_browser.get("/login?organization=koskela&login_hint=x&next=/people")
    service_browser.get("/login")
    first, second = op.asked[-2:]
    assert first["code_challenge_method"] == "S256"
    assert first["scope"].split()[0] == "openid"
    assert (first["organization"], first["login_hint"]) == ("koskela", "x")
    assert all(first[key] and first[key] != second[key] for key in ("state", "nonce", "code_challenge"))


def test_session_cookie_has_its_own_name_and_is_http_only(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> None:
    service_browser.sign_in(op, cast.claims(sub))
    cookies = {cookie.name: cookie for cookie in service_browser.http.cookies}
    assert set(cookies) == {"kh_ordering"}
    rest = {name.lower(): value for name, value in cookies["kh_ordering"].__dict__["_rest"].items()}
    assert "httponly" in rest
    assert rest["samesite"] == "Lax"


DEFECTS: dict[str, fake_provider.Defect] = {
    "nonce of another sign-in": fake_provider.Defect(claims={"nonce": "other"}),
    "no nonce": fake_provider.Defect(claims={"nonce": None}),
    "another issuer": fake_provider.Defect(claims={"iss": "http://evil.example"}),
    "another service": fake_provider.Defect(claims={"aud": "crm"}),
    "expired": fake_provider.Defect(times={"exp": -60}),
    "no expiry": fake_provider.Defect(claims={"exp": None}),
    "from the future": fake_provider.Defect(times={"iat": 3600}),
    "a stranger's key": fake_provider.Defect(key=FOREIGN),
    "no signature": fake_provider.Defect(algorithm="none"),
    "public key as secret": fake_provider.Defect(algorithm="HS256"),
    "no sid": fake_provider.Defect(claims={"sid": None}),
    "no organization": fake_provider.Defect(claims={"organization": None}),
    "half an organization": fake_provider.Defect(claims={"organization": {"id": "org-koskela"}}),
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_id_token_with_a_wrong_claim_or_signature_is_refused(
    op: fake_provider.FakeProvider,
    service_browser: demo_services.ServiceBrowser,
    sub: str,
    defect: fake_provider.Defect,
) -> None:
    with op.with_defect(defect):
        assert service_browser.sign_in(op, cast.claims(sub)).status_code == 400
    assert not service_browser.signed_in
    assert service_browser.sign_in(op, cast.claims(sub)).status_code == 200


def begun(op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str) -> str:
    """Begin a sign-in and give the address the browser would come back to."""
    op.person = cast.claims(sub)
    asked = service_browser.get("/login", allow_redirects=False).headers["Location"]
    return service_browser.http.get(asked, allow_redirects=False, timeout=10).headers["Location"]


def test_callback_works_once_and_in_its_own_browser_only(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> None:
    back = begun(op, service_browser, sub)
    assert requests.get(back, timeout=10).status_code == 400
    assert service_browser.http.get(back, timeout=10).status_code == 200
    assert service_browser.http.get(back, timeout=10).status_code == 400


def test_callback_with_another_issuer_is_refused(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> None:
    back = begun(op, service_browser, sub)
    mixed_up = back.replace(urllib.parse.quote_plus(op.url), "http%3A%2F%2Fevil.example")
    assert mixed_up != back
    assert service_browser.http.get(mixed_up, timeout=10).status_code == 400
    assert not service_browser.signed_in


def test_callback_without_the_issuer_that_the_portal_promises_is_refused(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> None:
    back, _, _ = begun(op, service_browser, sub).partition("&iss=")
    assert service_browser.http.get(back, timeout=10).status_code == 400
    assert not service_browser.signed_in


def test_callback_error_of_the_portal_is_shown_and_a_forged_one_is_not(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> None:
    op.error = "Nobody gave you the web shop."
    page = service_browser.sign_in(op, cast.claims(sub))
    assert page.status_code == 400
    assert "Nobody gave you the web shop." in page.text
    planted = service_browser.get("/callback?error=x&error_description=Call+this+number&state=made-up")
    assert planted.status_code == 400
    assert "Call this number" not in planted.text


def test_initiate_from_the_portal_starts_a_sign_in(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> None:
    op.person = cast.claims(sub)
    asked = {
        "iss": op.url,
        "login_hint": sub,
        "organization": "koskela",
        "target_link_uri": service_browser.service.url + "/people?q=a",
    }
    page = service_browser.get("/initiate", params=asked)
    assert page.url == service_browser.service.url + "/people?q=a"
    assert page.status_code == 200
    assert (op.asked[-1]["login_hint"], op.asked[-1]["organization"]) == (sub, "koskela")
    posted = service_browser.http.post(service_browser.service.url + "/initiate", data=asked, timeout=10)
    assert posted.url == page.url


STRANGE: dict[str, dict[str, str]] = {
    "no issuer": {"iss": ""},
    "another issuer": {"iss": "http://evil.example"},
    "another site": {"target_link_uri": "http://evil.example/"},
    "a name that begins alike": {"target_link_uri": "{own}.evil.example/"},
    "a user before the host": {"target_link_uri": "{own}@evil.example/"},
    "two slashes": {"target_link_uri": "{own}//evil.example/"},
    "a backslash": {"target_link_uri": "{own}/\\evil.example/"},
    "a line break": {"target_link_uri": "{own}/\r\nX: y"},
    "a script": {"target_link_uri": "javascript:alert(1)"},
}


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_initiate_with_a_foreign_issuer_or_address_is_refused(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, strange: dict[str, str]
) -> None:
    fields = {key: value.replace("{own}", service_browser.service.url) for key, value in strange.items()}
    before = len(op.asked)
    assert service_browser.get("/initiate", params={"iss": op.url, **fields}).status_code == 400
    assert len(op.asked) == before


@pytest.mark.parametrize("going_to", ["//evil.example", "/\\evil.example", "http://evil.example", "x"])
def test_next_address_of_another_origin_is_ignored(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str, going_to: str
) -> None:
    op.person = cast.claims(sub)
    assert service_browser.get("/login", params={"next": going_to}).url == service_browser.service.url + "/"


def test_sign_in_before_the_scim_record_shows_a_waiting_page(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, shop: demo_services.Service
) -> None:
    newcomer = cast.new_sub()
    page = service_browser.sign_in(op, cast.claims(newcomer))
    assert page.status_code == 403
    assert "Your access is being updated." in page.text
    assert service_browser.signed_in
    grants, limits = cast.orderer()
    shop.scim("POST", "/Users", cast.user(newcomer, grants=grants, limits=limits))
    assert "What you may do" in service_browser.get("/").text


def test_sign_out_requires_the_form_token_and_ends_the_session(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> None:
    service_browser.sign_in(op, cast.claims(sub))
    csrf = demo_services.first_match(demo_services.CSRF, service_browser.get("/").text)
    address = service_browser.service.url + "/logout"
    assert service_browser.http.post(address, data={"csrf": "guessed"}, timeout=10).status_code == 403
    assert service_browser.signed_in
    page = service_browser.http.post(address, data={"csrf": csrf}, timeout=10)
    assert "You are signed out." in page.text
    assert "You signed out here at" in page.text
    assert "That did not sign you out of Kivisalo Keys or of other services." in page.text
    assert "Open Kivisalo Keys to see" not in page.text
    assert 'href="/portal-sign-out"' in page.text
    onward = service_browser.http.get(
        service_browser.service.url + "/portal-sign-out", allow_redirects=False, timeout=10
    )
    assert onward.headers["Location"] == f"{op.url}/sign-out?client_id=ordering&ui_locales=en"


def test_new_sign_in_replaces_the_session_secret(
    op: fake_provider.FakeProvider, service_browser: demo_services.ServiceBrowser, sub: str
) -> None:
    service_browser.sign_in(op, cast.claims(sub))
    old = service_browser.http.cookies["kh_ordering"]
    service_browser.sign_in(op, cast.claims(sub))
    assert service_browser.signed_in
    assert (
        requests.get(
            service_browser.service.url + "/session", headers={"Cookie": f"kh_ordering={old}"}, timeout=10
        ).json()["signed_in"]
        is False
    )


def test_service_started_before_the_portal_signs_in_later(tmp_path: pathlib.Path) -> None:
    port = demo_services.free_port()
    service = demo_services.Service("ordering", tmp_path, f"http://localhost:{port}")
    with demo_services.running(service):
        service_browser = demo_services.ServiceBrowser(service)
        assert service_browser.get("/").status_code == 401
        assert service_browser.get("/login").status_code == 503
        late = fake_provider.FakeProvider(port)
        try:
            assert service_browser.sign_in(late, cast.claims("x")).status_code == 403
        finally:
            late.close()


def test_discovery_with_another_issuer_is_refused(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = fake_provider.FakeProvider()
    fields: dict[str, Any] = {**honest.discovery(), "issuer": "http://evil.example"}
    with demo_services.running(service := demo_services.Service("ordering", tmp_path, honest.url)):
        service_browser = demo_services.ServiceBrowser(service)
        with monkeypatch.context() as patch:
            patch.setattr(honest, "discovery", lambda: fields)
            assert service_browser.sign_in(honest, cast.claims("x")).status_code == 503
        assert service_browser.sign_in(honest, cast.claims("x")).status_code == 403
    honest.close()
