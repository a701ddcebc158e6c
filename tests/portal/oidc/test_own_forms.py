"""Our own forms keep the whole request; a proof that was given for a request answers it once, while it is fresh."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from delegation.people.commands import members
from identity.grants.models import AuthorizationCode
from portal.oidc import metadata
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)
EVERYTHING = {
    "max_age": "900",
    "prompt": "select_account",
    "claims": json.dumps({"id_token": {"permissions": None}}),
    "ui_locales": "fi en",
    "login_hint": "mikko@koskela.example",
    "acr_values": "1",
    "display": "page",
    "response_mode": "query",
    "of_another_standard": "x",
}


def fields_of(page: Any) -> dict[str, str]:
    assert page.status_code == 200
    return {one["name"]: one["value"] for one in page.context["hidden_fields"]}


def returns_to(response: Any) -> str:
    """The address of the request after reauthentication."""
    parts = urlsplit(response.headers["Location"])
    assert parts.path == "/account/reauthenticate/"
    return str(parse_qs(parts.query)["next"][0])


def test_choice_and_consent_repeat_the_whole_request(world: World) -> None:
    oidc_browser.require_consent()
    browser = signed_in.browser(world.mikko)
    whole = {**oidc_browser.AUTHORIZATION_REQUEST, **EVERYTHING}
    chosen = fields_of(oidc_browser.authorize(browser, **EVERYTHING))
    assert chosen == {name: value for name, value in whole.items() if name != "prompt"}
    page: Any = browser.get(metadata.AUTHORIZE, {**chosen, "organization": "koskela"})
    agreed = fields_of(page)
    assert agreed == {**chosen, "organization": "koskela"}
    body = urlencode({**agreed, "decision": "grant"})
    response: Any = browser.post(metadata.CONSENT, body, "application/x-www-form-urlencoded")
    code = parse_qs(urlsplit(response.context["target_url"]).query)["code"][0]
    claims = oidc_browser.verified(oidc_browser.redeem(world, code).json()["id_token"])
    assert "permissions" in claims


def test_parameter_with_the_name_of_a_form_field_is_not_repeated(world: World) -> None:
    oidc_browser.require_consent()
    page = oidc_browser.authorize(
        signed_in.browser(world.olli), decision="grant", csrfmiddlewaretoken="x", organization="koskela"
    )
    assert fields_of(page) == {**oidc_browser.AUTHORIZATION_REQUEST, "organization": "koskela"}


@pytest.mark.parametrize("asked", [{"max_age": "4"}, {"max_age": "4", "prompt": "login"}, {"max_age": "0"}])
def test_choice_read_for_a_minute_leads_to_another_proof(world: World, asked: dict[str, str]) -> None:
    """The service would refuse an `auth_time` that is older than its `max_age`."""
    browser = signed_in.browser(world.mikko, ago=300)
    back = returns_to(oidc_browser.authorize(browser, **asked))
    signed_in.record_authentication(browser)
    page: Any = browser.get(back)
    sent = {**fields_of(page), "organization": "koskela"}
    worlds.move_clock(60)
    back = returns_to(browser.get(metadata.AUTHORIZE, sent))
    assert not AuthorizationCode.objects.exists()
    signed_in.record_authentication(browser)
    answered: Any = browser.get(back)
    assert "code" in oidc_browser.response_parameters(answered)


def test_choice_made_at_once_needs_no_other_proof(world: World) -> None:
    browser = signed_in.browser(world.mikko, ago=300)
    back = returns_to(oidc_browser.authorize(browser, max_age="4"))
    signed_in.record_authentication(browser, ago=10)
    worlds.move_clock(20)
    page: Any = browser.get(back)
    assert page.status_code == 302, "given before the request waited"
    signed_in.record_authentication(browser)
    page = browser.get(back)
    worlds.move_clock(40)
    answered: Any = browser.get(metadata.AUTHORIZE, {**fields_of(page), "organization": "koskela"})
    assert "code" in oidc_browser.response_parameters(answered)


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}])
def test_one_proof_answers_eight_equal_requests_at_once_a_single_time(
    world: World, run_concurrently: Callable[..., list[object]], asked: dict[str, str]
) -> None:
    browser = signed_in.browser(world.olli, ago=300)
    back = returns_to(oidc_browser.authorize(browser, **asked))
    signed_in.record_authentication(browser)

    def answer() -> Any:
        other = BrowserClient()
        for name, morsel in browser.cookies.items():
            other.cookies[name] = morsel.value
        return other.get(back)

    answers: Any = run_concurrently(*[answer] * 8)
    assert AuthorizationCode.objects.count() == 1
    paths = sorted(urlsplit(one.headers["Location"]).path for one in answers)
    assert paths == ["/account/reauthenticate/"] * 7 + ["/cb"]


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "200"}])
def test_sign_out_by_an_admin_after_the_proof_asks_for_one_more(world: World, asked: dict[str, str]) -> None:
    browser = signed_in.browser(world.mikko, ago=300)
    oidc_browser.code(browser, organization="koskela")
    back = returns_to(oidc_browser.authorize(browser, organization="koskela", **asked))
    signed_in.record_authentication(browser)
    members.sign_out(actor=actor_of(world.aino), membership=world.mikko)
    back = returns_to(browser.get(back))
    signed_in.record_authentication(browser)
    answered: Any = browser.get(back)
    assert "code" in oidc_browser.response_parameters(answered)
