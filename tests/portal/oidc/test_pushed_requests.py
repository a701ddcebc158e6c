"""Requests that a client pushes: what the browser brings, once and in time, and what it cannot change."""

import contextlib
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import OperationalError

from identity.clients.models import Client as Registered
from identity.grants import codes
from portal.oidc import metadata
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


def push(world: World, **other: str) -> Any:
    body = {**oidc_browser.AUTHORIZATION_REQUEST, **other}
    return oidc_browser.post(metadata.PAR, body, oidc_browser.basic(world))


def bring(browser: BrowserClient, name: str, **more: str) -> Any:
    asked = {"client_id": "ordering", "request_uri": name, **more}
    return browser.get(f"{metadata.AUTHORIZE}?{urlencode(asked)}")


def name_of(world: World, **other: str) -> str:
    answer = push(world, **other)
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 90)
    return str(answer.json()["request_uri"])


def test_pushed_request_leads_to_one_code_whatever_else_the_address_says(world: World) -> None:
    browser, name = signed_in.browser(world.olli), name_of(world)
    answer = bring(browser, name, state="evil", redirect_uri="https://evil.example", scope="openid")
    sent = oidc_browser.response_parameters(answer)
    assert sent["state"] == "s-1"
    assert oidc_browser.redeem(world, sent["code"]).json()["scope"] == "openid profile email"
    assert oidc_browser.response_parameters(bring(browser, name))["error"] == "invalid_request"


def test_pushed_request_goes_on_after_a_sign_in_and_a_choice(world: World) -> None:
    """Mikko signs in first, and has two organizations: the name leads through both pages."""
    name = name_of(world, prompt="select_account")
    stranger = BrowserClient()
    assert "request_uri" in bring(stranger, name)["Location"]
    move_clock(600)
    browser = signed_in.browser(world.mikko)
    chooser = bring(browser, name)
    assert chooser.status_code == 200
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', chooser.content.decode()))
    assert fields["request_uri"] == name
    assert "nonce" not in fields
    assert bring(browser, name, organization="pohjola").status_code == 200, "a link does not choose"
    chosen = bring(browser, name, organization="pohjola", answered=fields["answered"])
    assert "code" in oidc_browser.response_parameters(chosen)
    for more in ({}, {"prompt": "select_account"}):
        named = name_of(world, organization="koskela", **more)
        page = bring(browser, named, organization="pohjola", answered=fields["answered"])
        mark = {} if not more else dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.content.decode()))
        done = page if not more else bring(browser, named, organization="pohjola", answered=mark["answered"])
        issued = oidc_browser.redeem(world, oidc_browser.response_parameters(done)["code"]).json()
        assert oidc_browser.claims_of(issued["id_token"])["organization"]["key"] == "koskela"


def test_pushed_request_whose_code_could_not_be_issued_leads_to_one_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, name = signed_in.browser(world.olli), name_of(world)
    with monkeypatch.context() as patched:
        patched.setattr(codes, "issue", _busy)
        with contextlib.suppress(OperationalError):
            bring(browser, name)
    assert oidc_browser.response_parameters(bring(browser, name))["code"]


def _busy(**_: object) -> str:
    raise OperationalError


@pytest.mark.parametrize("seconds", [91, 3601])
def test_request_that_comes_late_is_refused_and_stays_refused(world: World, seconds: int) -> None:
    name = name_of(world)
    move_clock(seconds)
    browser = signed_in.browser(world.olli)
    for _ in range(2):
        assert bring(browser, name).status_code == 400


def test_name_of_another_client_or_unknown_is_refused(world: World) -> None:
    browser, name = signed_in.browser(world.olli), name_of(world)
    assert bring(browser, name, client_id="crm").status_code == 400
    assert bring(browser, name + "x").status_code == 400
    assert oidc_browser.response_parameters(bring(browser, name))["code"]


def test_wrong_requests_and_strangers_are_refused_at_the_push(world: World) -> None:
    cases = {
        "invalid_request": [
            {"redirect_uri": "https://evil.example"},
            {"code_challenge": "x"},
            {"request_uri": "urn:x"},
        ],
        "invalid_scope": [{"scope": "profile"}],
        "unsupported_response_type": [{"response_type": "token"}],
    }
    for error, requests in cases.items():
        for other in requests:
            answer = push(world, **other)
            assert (answer.status_code, answer.json()["error"]) == (400, error), other
    body = oidc_browser.AUTHORIZATION_REQUEST
    assert oidc_browser.post(metadata.PAR, body).status_code == 401
    assert oidc_browser.post(metadata.PAR, body, oidc_browser.basic(world, "crm")).status_code == 400
    long = push(
        world,
        state="s" * 4096,
        login_hint="l" * 4096,
        claims_locales="c" * 4096,
        display="d" * 4096,
        x="x" * 4096,
    )
    assert long.json()["error"] == "invalid_request"


def test_public_client_pushes_a_limited_number(world: World) -> None:
    with worlds.bypassing_commands():
        row = Registered.objects.select_related("protocol").get(pk="ordering").protocol
        row.type, row.secret = "public", ""
        row.save()
    answers = [oidc_browser.post(metadata.PAR, oidc_browser.AUTHORIZATION_REQUEST) for _ in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {201}
    assert answers[60].status_code == 429
    assert int(answers[60]["Retry-After"]) > 0


def test_client_that_must_push_gets_no_code_for_an_address_of_its_own(world: World) -> None:
    with worlds.bypassing_commands():
        Registered.objects.filter(pk="ordering").update(requires_par=True)
    browser = signed_in.browser(world.olli)
    plain = oidc_browser.response_parameters(oidc_browser.authorize(browser))
    assert "PAR" in plain["error_description"]
    assert oidc_browser.response_parameters(bring(browser, name_of(world)))["code"]
