"""What the metadata document promises is kept: each value of each list is tried."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.test import Client

from identity.clients.models import Client as Registered
from portal.oidc import device_grants, metadata
from tests.fixtures import oidc_browser, service_users, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
Try = Callable[[World], None]


def document() -> dict[str, Any]:
    found: dict[str, Any] = Client(headers={"host": "localhost"}).get(metadata.DISCOVERY).json()
    return found


def prompt_none(world: World) -> None:
    assert "code" in oidc_browser.response_parameters(
        oidc_browser.authorize(signed_in.browser(world.olli), prompt="none")
    )
    nobody = oidc_browser.response_parameters(oidc_browser.authorize(BrowserClient(), prompt="none"))
    assert nobody["error"] == "login_required"


def prompt_login(world: World) -> None:
    asked = oidc_browser.authorize(signed_in.browser(world.olli), prompt="login")
    assert asked.headers["Location"].startswith("/account/reauthenticate/")


def prompt_consent(world: World) -> None:
    """Asked for, it is shown also for a service of the supplier's own, which does not ask otherwise."""
    browser = signed_in.browser(world.olli)
    page = oidc_browser.authorize(browser, prompt="consent")
    assert page.status_code == 200
    kept = {one["name"]: one["value"] for one in page.context["hidden_fields"]}
    body = "&".join(f"{name}={value}" for name, value in {**kept, "decision": "grant"}.items())
    granted: Any = browser.post(metadata.CONSENT, body, "application/x-www-form-urlencoded")
    assert "code=" in granted.context["target_url"]


def prompt_select_account(world: World) -> None:
    browser = signed_in.browser(world.olli)
    page = oidc_browser.authorize(browser, prompt="select_account consent")
    assert page.status_code == 200
    assert "Olli" in page.content.decode()
    kept = {one["name"]: one["value"] for one in page.context["hidden_fields"]}
    consent: Any = browser.get(metadata.AUTHORIZE, {**kept, "organization": "koskela"})
    assert "decision" in consent.content.decode(), "what else was asked for is still asked"
    as_somebody_else(world, page.context["someone_else"])


def as_somebody_else(world: World, leading: str) -> None:
    browser = BrowserClient().sign_in(world.olli.user)
    out: Any = browser.post("/account/logout/", {"next": leading})
    assert (out["Location"], browser.is_signed_in) == (leading, False)
    back = parse_qs(urlsplit(leading).query)["next"][0]
    assert "select_account" not in back, "who has just signed in is not asked who they are"
    assert browser.sign_in(world.vilma.user, to=back).is_signed_in


PROMPTS: Mapping[str, Try] = {
    "none": prompt_none,
    "login": prompt_login,
    "consent": prompt_consent,
    "select_account": prompt_select_account,
}


def basic(world: World) -> None:
    oidc_browser.tokens(world, world.olli)


def posted(world: World) -> None:
    own = {"client_id": "ordering", "client_secret": world.secrets["ordering"]}
    body = oidc_browser.redeem_body(oidc_browser.code(signed_in.browser(world.olli)))
    access = oidc_browser.post(metadata.TOKEN, {**body, **own}).json()["access_token"]
    assert oidc_browser.post(metadata.INTROSPECT, {"token": access, **own}).json()["active"]
    assert oidc_browser.post(metadata.REVOKE, {"token": access, **own}).status_code == 200


def public(world: World) -> None:
    with worlds.bypassing_commands():
        protocol = Registered.objects.get(protocol="ordering").protocol
        protocol.type, protocol.secret = "public", ""
        protocol.save()
    body = oidc_browser.redeem_body(oidc_browser.code(signed_in.browser(world.olli)))
    found = oidc_browser.post(metadata.TOKEN, {**body, "client_id": "ordering"}).json()
    asked = {"token": found["access_token"], "client_id": "ordering"}
    assert oidc_browser.post(metadata.REVOKE, asked).status_code == 200


def asserted(world: World) -> None:
    """`test_client_assertions.py` uses each endpoint; here the algorithms are compared."""
    found = document()
    names = [name for name in found if name.endswith("_auth_signing_alg_values_supported")]
    assert [found[name] for name in names] == [list(metadata.ASSERTIONS)] * 3


METHODS: Mapping[str, Try] = {
    "client_secret_basic": basic,
    "client_secret_post": posted,
    "private_key_jwt": asserted,
    "none": public,
}


def code_grant(world: World) -> None:
    assert "id_token" in oidc_browser.tokens(world, world.olli)


def refresh_grant(world: World) -> None:
    first = oidc_browser.tokens(world, world.olli)["refresh_token"]
    asked = {"grant_type": "refresh_token", "refresh_token": first}
    again = oidc_browser.post(metadata.TOKEN, asked, oidc_browser.basic(world)).json()
    assert again["refresh_token"] != first


def service_grant(world: World) -> None:
    made = service_users.create(world.aino, scopes=["people.read"])
    asked = {"grant_type": "client_credentials", "client_id": str(made.service_user)}
    found = oidc_browser.post(metadata.TOKEN, {**asked, "client_secret": made.secret}).json()
    assert (found["token_type"], found["scope"], "refresh_token" in found) == ("Bearer", "people.read", False)


def device_grant(world: World) -> None:
    """`test_device_grants.py` goes the whole way."""
    body = {"grant_type": device_grants.GRANT_TYPE, "device_code": "x"}
    answer = oidc_browser.post(metadata.TOKEN, body, oidc_browser.basic(world))
    assert answer.json()["error"] == "unauthorized_client"


GRANTS: Mapping[str, Try] = {
    "authorization_code": code_grant,
    "refresh_token": refresh_grant,
    "client_credentials": service_grant,
    device_grants.GRANT_TYPE: device_grant,
}


def in_finnish(world: World) -> None:
    browser = BrowserClient()
    sent = oidc_browser.authorize(browser, ui_locales="sv fi-FI en")
    assert "Kirjaudu" in browser.get(sent.headers["Location"]).content.decode()
    chosen = BrowserClient()
    chosen.cookies["kh-language"] = "en"
    sent = oidc_browser.authorize(chosen, ui_locales="fi")
    assert "Sign in" in chosen.get(sent.headers["Location"]).content.decode(), "what a person chose holds"


def in_english(world: World) -> None:
    browser = BrowserClient()
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "fi"
    sent = oidc_browser.authorize(browser, ui_locales="en")
    assert "Sign in" in browser.get(sent.headers["Location"]).content.decode()


LOCALES: Mapping[str, Try] = {"fi": in_finnish, "en": in_english}


@pytest.mark.parametrize(
    ("promise", "tries"),
    [
        ("prompt_values_supported", PROMPTS),
        ("token_endpoint_auth_methods_supported", METHODS),
        ("revocation_endpoint_auth_methods_supported", METHODS),
        (
            "introspection_endpoint_auth_methods_supported",
            {name: METHODS[name] for name in list(METHODS)[:3]},
        ),
        ("grant_types_supported", GRANTS),
        ("ui_locales_supported", LOCALES),
    ],
)
def test_each_discovery_value_is_accepted_by_its_endpoint(
    world: World, promise: str, tries: Mapping[str, Try]
) -> None:
    assert set(document()[promise]) == set(tries), "a value without a test of it"
    for one in tries.values():
        one(world)


def test_scopes_and_claims_match_discovery(world: World) -> None:
    found = document()
    scopes = found["scopes_supported"]
    body = oidc_browser.tokens(world, world.olli, scope=" ".join(scopes), max_age="60")
    claims = oidc_browser.verified(body["id_token"])
    for scope in set(scopes) - {"openid"}:
        rest = " ".join(one for one in scopes if one != scope)
        without = oidc_browser.verified(oidc_browser.tokens(world, world.olli, scope=rest)["id_token"])
        assert without.keys() < claims.keys(), "a scope in discovery that changes nothing"
    assert set(claims) <= set(found["claims_supported"])
    assert set(found["claims_supported"]) - set(claims) <= {"locale"}, (
        "a claim in discovery that no client gets"
    )
    header = jwt.get_unverified_header(body["id_token"])
    assert found["id_token_signing_alg_values_supported"] == [header["alg"]]
    assert set(oidc_browser.userinfo(body["access_token"]).json()) <= set(found["claims_supported"])


def test_every_discovery_address_responds(world: World) -> None:
    for name, address in document().items():
        if name.endswith(("_endpoint", "_uri")):
            path = urlsplit(address).path
            assert Client(headers={"host": "localhost"}).get(path).status_code in {200, 302, 400, 401, 405}, (
                name
            )


def test_unsupported_parameters_are_refused(world: World) -> None:
    found = document()
    browser = signed_in.browser(world.olli)
    for name, error in (("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")):
        assert found[f"{name}_parameter_supported"] is False
        assert (
            oidc_browser.response_parameters(oidc_browser.authorize(browser, **{name: "x"}))["error"] == error
        )
    assert found["authorization_response_iss_parameter_supported"] is True
    assert oidc_browser.response_parameters(oidc_browser.authorize(browser))["iss"] == found["issuer"]
    assert found["backchannel_logout_supported"] is found["backchannel_logout_session_supported"] is True


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("olli@koskela.example", True),
        ("01a20122-bf21-7d22-abac-bb87e8578342", False),
        ("x" * 300 + "@koskela.example", False),
        ('"><script>@x', True),
    ],
)
def test_login_hint_appears_only_in_the_address_field(world: World, hint: str, shown: bool) -> None:  # noqa: FBT001
    browser = BrowserClient()
    sent = oidc_browser.authorize(browser, login_hint=hint)
    page: Any = browser.get(sent.headers["Location"])
    assert (page.context["form"]["login"].value() == hint) is shown
    assert "<script>@x" not in page.content.decode()


@pytest.mark.parametrize("other", [{}, {"state": "client_id=crm"}, {"prompt": "login"}])
def test_sign_in_page_on_the_way_to_a_service_shows_the_service_s_name(
    world: World, other: dict[str, str | None]
) -> None:
    browser = BrowserClient()
    sent = oidc_browser.authorize(browser, **other).headers["Location"]
    page: Any = browser.get(sent)
    assert "Sign in to continue to Web shop" in page.content.decode()
    wrong: Any = browser.post("/account/login/", {"next": parse_qs(urlsplit(sent).query)["next"][0]})
    assert "Sign in to continue to Web shop" in wrong.content.decode()


@pytest.mark.parametrize(
    "following",
    ["/", "/people?client_id=ordering", "/oauth/authorize?client_id=nobody", "/oauth/authorize", "//x["],
)
def test_sign_in_page_without_a_service_names_none(world: World, following: str) -> None:
    page: Any = BrowserClient().get("/account/login/", {"next": following})
    assert page.status_code == 200
    assert "to continue to" not in page.content.decode()
