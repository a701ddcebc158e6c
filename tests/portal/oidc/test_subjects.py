"""`sub` is one for each person, or one for each person and organization where the client is registered so."""

import json

import pytest

from identity.clients.models import Client
from identity.memberships.models import Membership
from portal.oidc import metadata
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def per_organization(world: World) -> World:
    with worlds.bypassing_commands():
        Client.objects.filter(protocol="ordering").update(subject_per_organization=True)
    return world


def subjects_at(world: World, who: Membership) -> set[str]:
    """Every `sub` that the ordering service is given for this person at this organization."""
    body = oidc_browser.tokens(world, who, organization=who.organization.key)
    return {
        oidc_browser.verified(body["id_token"])["sub"],
        oidc_browser.userinfo(body["access_token"]).json()["sub"],
        oidc_browser.introspect(world, body["access_token"])["sub"],
    }


def test_sub_is_the_person_s_in_every_organization(world: World) -> None:
    expected = {str(world.mikko.user_id)}
    assert subjects_at(world, world.mikko) == subjects_at(world, world.mikko_at_pohjola) == expected


def test_sub_per_organization_differs_and_stays(per_organization: World) -> None:
    world = per_organization
    here, there = subjects_at(world, world.mikko), subjects_at(world, world.mikko_at_pohjola)
    assert (len(here), len(there), len(here | there)) == (1, 1, 2)
    assert str(world.mikko.user_id) not in here | there
    assert subjects_at(world, world.mikko) == here, "in another session"
    assert len(here & subjects_at(world, world.olli)) == 0


def test_hint_with_the_sub_of_an_organization_is_accepted_for_its_person_only(
    per_organization: World,
) -> None:
    world = per_organization
    body = oidc_browser.tokens(world, world.mikko, organization="koskela")
    asked = {"prompt": "none", "id_token_hint": body["id_token"]}
    own = oidc_browser.authorize(signed_in.browser(world.mikko), **asked)
    assert "code" in oidc_browser.response_parameters(own)
    other = oidc_browser.authorize(signed_in.browser(world.olli), **asked)
    assert oidc_browser.response_parameters(other)["error"] == "login_required"


def test_service_that_knows_people_by_organization_ends_their_session(per_organization: World) -> None:
    world = per_organization
    browser, other = signed_in.browser(world.mikko), signed_in.browser(world.olli)
    code = oidc_browser.code(browser, organization="koskela")
    hint = oidc_browser.redeem(world, code).json()["id_token"]
    assert other.get(metadata.LOGOUT, {"id_token_hint": hint}).status_code == 200, "asked"
    assert other.is_signed_in
    assert browser.get(metadata.LOGOUT, {"id_token_hint": hint}).status_code == 302
    assert not browser.is_signed_in


@pytest.mark.parametrize("parameter", ["claims", "id_token_hint"])
@pytest.mark.parametrize("prompt", ["", "none"])
def test_request_that_names_a_sub_of_an_organization_is_answered_for_it(
    per_organization: World, parameter: str, prompt: str
) -> None:
    """OIDC Core §3.1.2.2 and §5.5.1: never for another `sub`, also where the session used the other one last."""
    world, browser = per_organization, signed_in.browser(per_organization.mikko)
    issued = {
        key: oidc_browser.redeem(world, oidc_browser.code(browser, organization=key)).json()["id_token"]
        for key in ("koskela", "pohjola")
    }
    sub = oidc_browser.verified(issued["koskela"])["sub"]
    requested = json.dumps({"id_token": {"sub": {"value": sub}}})
    named = {"claims": requested, "id_token_hint": issued["koskela"]}[parameter]
    answer = oidc_browser.authorize(browser, **{parameter: named}, prompt=prompt or None)
    code = oidc_browser.response_parameters(answer)["code"]
    assert oidc_browser.verified(oidc_browser.redeem(world, code).json()["id_token"])["sub"] == sub


@pytest.mark.parametrize("prompt", [None, "select_account"])
def test_request_that_names_a_sub_offers_and_gives_no_other_organization(
    per_organization: World, prompt: str | None
) -> None:
    world, browser = per_organization, signed_in.browser(per_organization.mikko)
    issued = oidc_browser.redeem(world, oidc_browser.code(browser, organization="koskela")).json()["id_token"]
    page = oidc_browser.authorize(browser, id_token_hint=issued, prompt="select_account")
    assert [one["key"] for one in page.context["organizations"]] == ["koskela"]
    other = oidc_browser.authorize(browser, id_token_hint=issued, organization="pohjola", prompt=prompt)
    assert other.status_code == 403
    silent = oidc_browser.authorize(browser, id_token_hint=issued, organization="pohjola", prompt="none")
    assert oidc_browser.response_parameters(silent)["error"] == "access_denied"
