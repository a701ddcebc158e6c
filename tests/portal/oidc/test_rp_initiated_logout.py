"""The OpenID Foundation's modules of RP-initiated logout, by their names, and what an attacker would try."""

import json
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from allauth.idp.oidc.models import Client as ProtocolClient

from audit.models import Event
from identity import signing_keys
from identity.clients.models import Client as Registered
from identity.sessions.models import SignIn
from portal.oidc import metadata
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
AFTER = "https://ordering.example.com/bye"


@pytest.fixture
def browser(world: World) -> BrowserClient:
    """A browser in which Olli is signed in; the web shop has registered an address for afterwards."""
    register(AFTER)
    return signed_in.browser(world.olli)


def register(*addresses: str, client: str = "ordering") -> None:
    with worlds.bypassing_commands():
        row = ProtocolClient.objects.get(pk=client)
        row.set_post_logout_redirect_uris(list(addresses))
        row.save()


def hint_of(world: World, browser: BrowserClient) -> str:
    """Sign in to the web shop in this browser, and return its ID token."""
    return str(oidc_browser.redeem(world, oidc_browser.code(browser)).json()["id_token"])


def ask(browser: BrowserClient, **parameters: str) -> Any:
    return browser.get(f"{metadata.LOGOUT}?{urlencode(parameters)}")


def confirm(browser: BrowserClient, page: Any) -> Any:
    """Press "Sign out" on the page that asks."""
    fields = {one["name"]: one["value"] for one in page.context["hidden_fields"]}
    return browser.post(page.context["action_url"], urlencode(fields), "application/x-www-form-urlencoded")


def test_oidcc_rp_initiated_logout(world: World, browser: BrowserClient) -> None:
    hint = hint_of(world, browser)
    answer = ask(browser, id_token_hint=hint, post_logout_redirect_uri=AFTER, state="s 1&x=/")
    assert answer["Location"] == f"{AFTER}?state=s+1%26x%3D%2F"
    assert not browser.is_signed_in
    assert Event.objects.filter(verb="session.ended").count() == 1


def test_rp_initiated_logout_by_post_signs_out(world: World, browser: BrowserClient) -> None:
    """Browsers send our cookies with a POST of another site's form only after a redirect."""
    fields = urlencode({"id_token_hint": hint_of(world, browser), "post_logout_redirect_uri": AFTER})
    form = "application/x-www-form-urlencoded"
    without_cookies: Any = BrowserClient().post(metadata.LOGOUT, fields, form)
    assert without_cookies.status_code == 303
    assert browser.get(without_cookies["Location"])["Location"] == AFTER
    assert not browser.is_signed_in


def test_rp_initiated_logout_by_post_with_our_cookies_signs_out(world: World, browser: BrowserClient) -> None:
    fields = urlencode({"id_token_hint": hint_of(world, browser)})
    answer: Any = browser.post(metadata.LOGOUT, fields, "application/x-www-form-urlencoded")
    assert answer["Location"] == "/account/login/"
    assert not browser.is_signed_in


def test_oidcc_rp_initiated_logout_no_state(world: World, browser: BrowserClient) -> None:
    assert (
        ask(browser, id_token_hint=hint_of(world, browser), post_logout_redirect_uri=AFTER)["Location"]
        == AFTER
    )


def test_address_registered_with_a_query_keeps_it(world: World, browser: BrowserClient) -> None:
    register(f"{AFTER}?a=1")
    answer = ask(
        browser,
        id_token_hint=hint_of(world, browser),
        post_logout_redirect_uri=f"{AFTER}?a=1",
        state="s",
    )
    assert answer["Location"] == f"{AFTER}?a=1&state=s"


def asks_and_stays_here(browser: BrowserClient, **parameters: str) -> bool:
    """Whether a request without a service asks, and ends at our sign-in page."""
    page = ask(browser, **parameters)
    assert page.status_code == 200
    assert browser.is_signed_in
    return bool(confirm(browser, page)["Location"] == "/account/login/") and not browser.is_signed_in


def test_oidcc_rp_initiated_logout_no_params(browser: BrowserClient) -> None:
    assert asks_and_stays_here(browser)


def test_oidcc_rp_initiated_logout_only_state(browser: BrowserClient) -> None:
    assert asks_and_stays_here(browser, state="only")


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification() -> None:
    document = json.loads(metadata.discovery())
    assert document["end_session_endpoint"] == f"{document['issuer']}{metadata.LOGOUT}"


def test_oidcc_rp_initiated_logout_no_id_token_hint(browser: BrowserClient) -> None:
    page = ask(browser, client_id="ordering", post_logout_redirect_uri=AFTER, state="s")
    assert browser.is_signed_in
    assert page.context["application"]
    left = confirm(browser, page)
    assert left.context["target_url"] == f"{AFTER}?state=s", (
        "a page: the policy lets no form leave our origin"
    )
    assert not browser.is_signed_in


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(world: World, browser: BrowserClient) -> None:
    assert ask(browser, id_token_hint=hint_of(world, browser))["Location"] == "/account/login/"
    assert not browser.is_signed_in


def is_refused(world: World, browser: BrowserClient, address: str) -> bool:
    """Whether the address gets an error page, without a redirect, and ends nothing."""
    page = ask(browser, id_token_hint=hint_of(world, browser), post_logout_redirect_uri=address)
    return page.status_code == 400 and "Location" not in page.headers and browser.is_signed_in


@pytest.mark.parametrize(
    "address",
    [f"{AFTER}/", AFTER.upper(), "https://evil.example/", "javascript:alert(1)", "//evil.example"],
)
def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(
    world: World, browser: BrowserClient, address: str
) -> None:
    assert is_refused(world, browser, address)


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(
    world: World, browser: BrowserClient
) -> None:
    assert is_refused(world, browser, f"{AFTER}?x=1")


def test_native_program_s_loopback_address_may_have_any_port(world: World, browser: BrowserClient) -> None:
    register("http://127.0.0.1/bye")
    hint = hint_of(world, browser)
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": "http://127.0.0.1:51004/bye"}
    assert ask(browser, **asked).status_code == 400, "a website's port counts"
    with worlds.bypassing_commands():
        Registered.objects.filter(pk="ordering").update(is_native=True)
    assert (
        ask(browser, **{**asked, "post_logout_redirect_uri": "http://127.0.0.1:51004/x"}).status_code == 400
    )
    assert ask(browser, **asked)["Location"] == "http://127.0.0.1:51004/bye"


def test_address_that_another_service_registered_is_refused(world: World, browser: BrowserClient) -> None:
    register("https://crm.example.com/bye", client="crm")
    page = ask(
        browser,
        id_token_hint=hint_of(world, browser),
        post_logout_redirect_uri="https://crm.example.com/bye",
    )
    assert page.status_code == 400


def test_address_without_a_service_is_refused(browser: BrowserClient) -> None:
    assert ask(browser, post_logout_redirect_uri=AFTER).status_code == 400


def test_client_id_other_than_the_audience_is_refused(world: World, browser: BrowserClient) -> None:
    page = ask(
        browser, id_token_hint=hint_of(world, browser), client_id="crm", post_logout_redirect_uri=AFTER
    )
    assert page.status_code == 400
    assert browser.is_signed_in


def unsigned(hint: str) -> str:
    return jwt.encode(oidc_browser.claims_of(hint), "", "none")


def modified(hint: str) -> str:
    head, body, signature = hint.split(".")
    return f"{head}.{body}.{signature[:-8]}AAAAAAAA"


def of_another_type(hint: str) -> str:
    return signing_keys.sign(claims=oidc_browser.claims_of(hint), typ="logout+jwt")


def is_refused_with(world: World, browser: BrowserClient, spoil: Any) -> bool:
    """Whether the spoiled hint gets an error page, without a redirect, and ends nothing."""
    page = ask(browser, id_token_hint=spoil(hint_of(world, browser)), post_logout_redirect_uri=AFTER)
    return page.status_code == 400 and "Location" not in page.headers and browser.is_signed_in


@pytest.mark.parametrize("spoil", [unsigned, of_another_type, lambda _: "x.y.z", lambda _: "é"])
def test_oidcc_rp_initiated_logout_bad_id_token_hint(
    world: World, browser: BrowserClient, spoil: Any
) -> None:
    assert is_refused_with(world, browser, spoil)


def test_oidcc_rp_initiated_logout_modified_id_token_hint(world: World, browser: BrowserClient) -> None:
    assert is_refused_with(world, browser, modified)


def test_expired_id_token_of_this_session_is_accepted(world: World, browser: BrowserClient) -> None:
    claims = dict(oidc_browser.claims_of(hint_of(world, browser)))
    old = signing_keys.sign(claims=claims | {"iat": claims["iat"] - 90_000, "exp": claims["exp"] - 90_000})
    assert ask(browser, id_token_hint=old, post_logout_redirect_uri=AFTER)["Location"] == AFTER
    assert not browser.is_signed_in


def test_id_token_of_another_browser_or_person_only_asks(world: World, browser: BrowserClient) -> None:
    """A service, or a thief of an old token, ends no other session than the one that it belongs to."""
    elsewhere = hint_of(world, signed_in.browser(world.olli))
    of_vilma = hint_of(world, signed_in.browser(world.vilma))
    for hint in (elsewhere, of_vilma):
        page = ask(browser, id_token_hint=hint, post_logout_redirect_uri=AFTER)
        assert page.context["asks"]
        assert browser.is_signed_in


def test_browser_without_a_session_returns_at_once(world: World, browser: BrowserClient) -> None:
    hint = hint_of(world, browser)
    for parameters in ({"id_token_hint": hint}, {"client_id": "ordering"}):
        answer = ask(BrowserClient(), post_logout_redirect_uri=AFTER, state="s", **parameters)
        assert answer["Location"] == f"{AFTER}?state=s"
    assert browser.is_signed_in


def test_form_without_its_token_ends_nothing(world: World) -> None:
    checked = signed_in.browser(world.olli)
    checked.handler.enforce_csrf_checks = True
    assert checked.post(metadata.LOGOUT_CONFIRM).status_code == 403
    assert checked.is_signed_in


def test_sign_ins_and_tokens_of_the_session_end_too(world: World, browser: BrowserClient) -> None:
    """The services of an ended sign-in receive logout tokens: `tests/provisioning/logout`."""
    issued = oidc_browser.redeem(world, oidc_browser.code(browser)).json()
    ask(browser, id_token_hint=issued["id_token"])
    assert SignIn.objects.get(user=world.olli.user_id).ended_at is not None
    assert oidc_browser.introspect(world, issued["access_token"]) == {"active": False}


def test_page_is_in_the_language_of_the_service_until_the_person_chooses_one(browser: BrowserClient) -> None:
    assert "Kirjaudu ulos" in ask(browser, ui_locales="sv fi").content.decode()
    browser.cookies["kh-language"] = "en"
    assert "Sign out?" in ask(browser, ui_locales="fi").content.decode()
