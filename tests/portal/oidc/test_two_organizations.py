"""A person of two organizations chooses one for each service and session, and the service gets it silently."""

from typing import Any

import pytest

from identity.grants.models import AuthorizationCode
from identity.memberships.models import Membership
from portal.oidc import metadata
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
CRM = {"client_id": "crm", "redirect_uri": "https://crm.example.test/cb"}


def choose(browser: BrowserClient, organization: str, **asked: str) -> Any:
    """Answer the page on which a person chooses."""
    page = oidc_browser.authorize(browser, **asked)
    assert page.status_code == 200, "the page is shown"
    sent = {one["name"]: one["value"] for one in page.context["hidden_fields"]}
    return browser.get(metadata.AUTHORIZE, {**sent, "organization": organization})


def code_is_for(who: Membership, response: Any) -> bool:
    assert "code" in oidc_browser.response_parameters(response)
    newest = AuthorizationCode.objects.order_by("-issued_at")[0]
    return newest.membership_id == who.id


def silent_error(browser: BrowserClient, **asked: str) -> str:
    response = oidc_browser.authorize(browser, prompt="none", **asked)
    return oidc_browser.response_parameters(response)["error"]


@pytest.mark.parametrize("organization", ["koskela", "pohjola"])
def test_chosen_organization_is_used_silently_and_without_another_choice(
    world: World, organization: str
) -> None:
    who = world.mikko if organization == "koskela" else world.mikko_at_pohjola
    browser = signed_in.browser(world.mikko)
    body = oidc_browser.redeem(
        world, oidc_browser.response_parameters(choose(browser, organization))["code"]
    ).json()
    for asked in ({"prompt": "none"}, {}, {"prompt": "none", "id_token_hint": body["id_token"]}):
        assert code_is_for(who, oidc_browser.authorize(browser, **asked))


def test_hint_decides_between_two_organizations_that_a_service_was_used_for(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    hints = {}
    for key in ("koskela", "pohjola"):
        code = oidc_browser.code(browser, organization=key)
        hints[key] = oidc_browser.redeem(world, code).json()["id_token"]
    answer = oidc_browser.authorize(browser, prompt="none", id_token_hint=hints["koskela"])
    assert code_is_for(world.mikko, answer)
    assert code_is_for(world.mikko, oidc_browser.authorize(browser, prompt="none")), "the last one"
    answer = oidc_browser.authorize(browser, prompt="none", id_token_hint=hints["pohjola"])
    assert code_is_for(world.mikko_at_pohjola, answer)
    named = oidc_browser.authorize(
        browser, prompt="none", id_token_hint=hints["pohjola"], organization="koskela"
    )
    assert code_is_for(world.mikko, named), "a request that names the organization"


def test_choice_holds_for_one_session_only(world: World) -> None:
    choose(signed_in.browser(world.mikko), "koskela")
    other = signed_in.browser(world.mikko)
    assert silent_error(other) == "account_selection_required"
    assert oidc_browser.authorize(other).status_code == 200


def test_choice_holds_for_one_service_only(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    choose(browser, "koskela")
    assert oidc_browser.authorize(browser, **CRM).status_code == 200


def test_select_account_asks_again_and_its_answer_holds(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    choose(browser, "koskela")
    assert code_is_for(world.mikko_at_pohjola, choose(browser, "pohjola", prompt="select_account"))
    assert code_is_for(world.mikko_at_pohjola, oidc_browser.authorize(browser, prompt="none"))


@pytest.mark.parametrize("hinted", ["", "hint"])
def test_silent_request_after_the_organization_ended_gets_no_other_one(world: World, hinted: str) -> None:
    browser = signed_in.browser(world.mikko)
    code = oidc_browser.response_parameters(choose(browser, "koskela"))["code"]
    hint = oidc_browser.redeem(world, code).json()["id_token"]
    world.remove(world.mikko)
    asked = {"id_token_hint": hint} if hinted else {}
    assert silent_error(browser, **asked) == "account_selection_required"
    assert code_is_for(world.mikko_at_pohjola, oidc_browser.authorize(browser, **asked)), "not silently"
    assert code_is_for(world.mikko_at_pohjola, oidc_browser.authorize(browser, prompt="none"))
