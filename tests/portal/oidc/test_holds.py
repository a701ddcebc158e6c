"""A hold reaches authorization, userinfo, introspection and refresh with the next request, and lifts there too."""

import datetime as dt

import pytest

from audit.foundation import clock
from audit.foundation.actor import Actor
from delegation.holds import commands
from portal.oidc import metadata
from portal.web.home.context import HomePage
from tests.fixtures import holds, oidc_browser, signed_in
from tests.fixtures.pages import KOSKELA, page_model, visible_text
from tests.fixtures.world import PLACE, World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager(world: World) -> Actor:
    return holds.account_manager(world)


def introspected(world: World, token: str) -> set[str] | None:
    """The entitlements of an active token; None for another."""
    found = oidc_browser.introspect(world, token)
    return {right["entitlement"] for right in found["entitlements"]} if found["active"] else None


def test_hold_on_an_entitlement_leaves_the_token_with_the_rest(world: World, manager: Actor) -> None:
    access = oidc_browser.tokens(world, world.olli)["access_token"]
    before = introspected(world, access)
    assert before is not None
    assert PLACE in before
    hold = holds.place(world, manager, PLACE)
    assert introspected(world, access) == before - {PLACE}
    entitlements = oidc_browser.userinfo(access).json()["entitlements"]
    assert {right["entitlement"] for right in entitlements} == before - {PLACE}
    commands.lift(actor=manager, hold=hold)
    assert introspected(world, access) == before


def test_hold_on_an_application_stops_its_tokens_and_sign_ins_until_it_is_lifted(
    world: World, manager: Actor
) -> None:
    issued = oidc_browser.tokens(world, world.olli, scope="openid offline_access")
    waiting = oidc_browser.code(signed_in.browser(world.olli))
    hold = holds.place(world, manager, "ordering")
    assert introspected(world, issued["access_token"]) is None
    assert oidc_browser.userinfo(issued["access_token"]).status_code == 401
    assert oidc_browser.redeem(world, waiting).status_code == 400
    assert oidc_browser.authorize(signed_in.browser(world.olli)).status_code == 403
    commands.lift(actor=manager, hold=hold)
    assert introspected(world, issued["access_token"]) is not None
    assert oidc_browser.code(signed_in.browser(world.olli))


def test_refresh_is_refused_while_the_application_is_on_hold(world: World, manager: Actor) -> None:
    issued = oidc_browser.tokens(world, world.olli, scope="openid offline_access")
    holds.place(world, manager, "ordering")
    body = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    answer = oidc_browser.post(metadata.TOKEN, body, oidc_browser.basic(world))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_hold_with_an_end_lifts_by_itself(world: World, manager: Actor) -> None:
    access = oidc_browser.tokens(world, world.olli)["access_token"]
    holds.place(world, manager, "ordering", until=clock.now() + dt.timedelta(minutes=2))
    assert introspected(world, access) is None
    move_clock(121)
    assert introspected(world, access) is not None


def test_tokens_for_another_organization_and_application_are_untouched(world: World, manager: Actor) -> None:
    crm = oidc_browser.tokens(world, world.stina)["access_token"]
    holds.place(world, manager, "ordering")
    assert introspected(world, crm) is not None


def test_home_page_has_no_tile_of_an_application_on_hold(world: World, manager: Actor) -> None:
    browser = signed_in.browser(world.olli)

    def tiles() -> list[str]:
        return [one.name for one in page_model(browser.get(f"{KOSKELA}/"), HomePage).services]

    assert sorted(tiles()) == ["CRM portal", "Web shop"]
    hold = holds.place(world, manager, "ordering")
    assert tiles() == ["CRM portal"]
    commands.lift(actor=manager, hold=hold)
    assert sorted(tiles()) == ["CRM portal", "Web shop"]


def test_activity_shows_admins_who_placed_the_hold_and_no_suspicion(world: World, manager: Actor) -> None:
    commands.lift(actor=manager, hold=holds.place(world, manager, PLACE))
    commands.place(actor=manager, organization=world.koskela, stops="crm", reason="misuse")
    text = visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/activity"))
    for sentence in (
        "placed a hold: order in the web shop", "lifted the hold: order in the web shop", "placed a hold: CRM portal"
    ):  # fmt: skip
        assert f"Sanna Heikkilä of Kivisalo {sentence}" in text
    assert "misuse" not in text
