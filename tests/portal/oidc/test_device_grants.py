"""A terminal at a counter signs a person in on another device: the way, its limits, and what a stranger can do."""

import contextlib
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from identity.clients.models import Client as Registered
from identity.grants import codes
from portal.oidc import device_grants, metadata
from tests.fixtures import events, oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
START, ANSWER = metadata.DEVICE, f"{metadata.DEVICE}/answer"


@pytest.fixture(autouse=True)
def registered(world: World) -> None:
    """The web shop has public terminals."""
    with worlds.bypassing_commands():
        row = Registered.objects.select_related("protocol").get(pk="ordering").protocol
        row.type, row.secret = "public", ""
        row.grant_types += f"\n{device_grants.GRANT_TYPE}"
        row.save()


def ask(client: str = "ordering", **more: str) -> Any:
    body = {"client_id": client, "scope": "openid profile", **more}
    return oidc_browser.post(metadata.DEVICE_AUTHORIZATION, body)


def poll(asked: dict[str, Any], client: str = "ordering") -> Any:
    body = {"grant_type": device_grants.GRANT_TYPE, "device_code": asked["device_code"], "client_id": client}
    return oidc_browser.post(metadata.TOKEN, body)


def error(answer: Any) -> str:
    return str(answer.json()["error"])


def test_terminal_gets_tokens_after_the_person_agreed_and_once(world: World) -> None:
    asked = ask().json()
    assert (asked["expires_in"], asked["interval"]) == (600, 5)
    assert asked["verification_uri"] == f"{oidc_browser.ISSUER}/device"
    assert asked["verification_uri_complete"].endswith(f"?user_code={asked['user_code']}")
    assert error(poll(asked)) == "authorization_pending"
    browser = signed_in.browser(world.olli)
    page = browser.get(START, {"user_code": asked["user_code"].lower().replace("-", " ")})
    assert asked["user_code"] in page.content.decode()
    assert "127.0.0.1" in page.content.decode(), "the address that the terminal asked from"
    assert "Continue only if you stand in front of this device" in page.content.decode()
    done = browser.post(ANSWER, {"user_code": asked["user_code"], "organization": "koskela"})
    assert (done.status_code, done["Location"]) == (303, f"{START}?outcome=signed-in")
    assert "Signed in on the device" in browser.get(done["Location"]).content.decode()
    move_clock(6)
    issued = poll(asked).json()
    claims = oidc_browser.claims_of(issued["id_token"])
    assert (claims["sub"], claims["organization"]["key"]) == (str(world.olli.user_id), "koskela")
    assert issued["refresh_token"]
    move_clock(12)
    assert error(poll(asked)) == "expired_token"
    world.remove(world.olli)
    assert oidc_browser.userinfo(issued["access_token"]).status_code == 401


def test_each_terminal_leaves_an_event_with_its_address_encrypted(world: World) -> None:
    browser = signed_in.browser(world.olli)
    for _ in range(2):
        agreed = {"user_code": ask().json()["user_code"], "organization": "koskela"}
        assert browser.post(ANSWER, agreed).status_code == 303
    signed = [
        events.body(event)
        for event in Event.objects.filter(verb="sign_in.succeeded").exclude(organization=None)
    ]
    assert [body["facts"]["grant"] for body in signed] == ["device_code"] * 2
    assert all(body["personal"]["terminal"]["ciphertext"] for body in signed)
    page = signed_in.browser(world.aino).get("/o/koskela/activity?topic=sign_in").content.decode()
    assert page.count("Device at 127.0.0.1") == 2


def test_terminal_names_its_resource_when_it_asks(world: World) -> None:
    shop = "https://orders.example.test"
    with worlds.bypassing_commands():
        Registered.objects.filter(pk="ordering").update(resources=shop)
    assert error(ask(resource="https://evil.example")) == "invalid_target"
    asked = ask(resource=shop).json()
    signed_in.browser(world.olli).post(ANSWER, {"user_code": asked["user_code"], "organization": "koskela"})
    assert oidc_browser.claims_of(poll(asked).json()["access_token"])["aud"][0] == shop


def test_person_of_two_organizations_chooses_one_and_may_refuse(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    asked, refused = ask().json(), ask().json()
    page = browser.get(START, {"user_code": asked["user_code"]}).content.decode()
    assert 'value="koskela"' in page
    assert 'value="pohjola"' in page
    browser.post(ANSWER, {"user_code": asked["user_code"], "organization": "pohjola"})
    issued = poll(asked).json()
    assert oidc_browser.verified(issued["id_token"])["organization"]["key"] == "pohjola"
    browser.post(ANSWER, {"user_code": refused["user_code"], "refuse": "1"})
    assert error(poll(refused)) == "access_denied"
    assert error(poll(refused)) == "expired_token"


def test_only_an_own_organization_with_access_signs_in(world: World) -> None:
    asked = ask().json()
    stranger = signed_in.browser(world.tiina)
    for key in ("koskela", "", "nothing"):
        page = stranger.post(ANSWER, {"user_code": asked["user_code"], "organization": key})
        assert "Do not sign in" in page.content.decode(), key
    assert error(poll(asked)) == "authorization_pending"
    without = BrowserClient()
    assert without.get(START)["Location"].startswith("/account/login/")
    assert (
        without.post(ANSWER, {"user_code": asked["user_code"], "organization": "koskela"}).status_code == 419
    )
    checked = signed_in.browser(world.olli)
    checked.handler.enforce_csrf_checks = True
    sent = {"user_code": asked["user_code"], "organization": "koskela"}
    assert checked.post(ANSWER, sent).status_code == 403


def test_terminal_that_polls_too_fast_is_slowed_down_each_time(world: World) -> None:
    asked = ask().json()
    assert [error(poll(asked)) for _ in range(3)] == ["authorization_pending", "slow_down", "slow_down"]
    move_clock(10)
    assert error(poll(asked)) == "slow_down", "the interval is 15 seconds by now"
    move_clock(40)
    assert error(poll(asked)) == "authorization_pending"
    for _ in range(5):
        slowed = poll(asked).json()
    assert slowed["error_description"].startswith("Poll every 30 seconds"), "the answer waits for a minute"


def test_answer_that_could_not_be_issued_is_given_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, browser = ask().json(), signed_in.browser(world.olli)
    sent = {"user_code": asked["user_code"], "organization": "koskela"}

    def busy(**_: object) -> str:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(codes, "issue", busy)
        with contextlib.suppress(OperationalError):
            browser.post(ANSWER, sent)
    assert browser.post(ANSWER, sent).status_code == 303
    with monkeypatch.context() as patched:
        patched.setattr(codes, "redeem", busy)
        assert poll(asked).status_code == 503
    move_clock(6)
    assert "id_token" in poll(asked).json()


def test_codes_end_and_belong_to_their_client(world: World) -> None:
    asked = ask().json()
    assert error(poll(asked, client="crm")) == "invalid_client"
    assert error(ask(client="crm")) == "invalid_client"
    assert error(ask(scope="profile")) == "invalid_scope"
    assert error(poll({"device_code": "x"})) == "expired_token"
    move_clock(601)
    assert error(poll(asked)) == "expired_token"
    assert signed_in.browser(world.olli).get(START, {"user_code": asked["user_code"]}).status_code == 404


def test_wrong_codes_are_limited_for_each_person_and_right_ones_are_not_counted(world: World) -> None:
    browser, asked = signed_in.browser(world.olli), ask().json()
    for _ in range(12):
        assert browser.get(START, {"user_code": asked["user_code"]}).status_code == 200
    answers = [browser.get(START, {"user_code": "BCDF-GHJK"}).status_code for _ in range(11)]
    assert answers == [404] * 10 + [429]
    assert signed_in.browser(world.vilma).get(START, {"user_code": asked["user_code"]}).status_code in {
        200,
        403,
    }


def test_strangers_start_a_limited_number_and_store_nothing_long(world: World) -> None:
    answers = [ask() for _ in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {200}
    assert answers[60].status_code == 429
    long = ask(state="s" * 4000)
    assert long.status_code == 429


def test_one_of_two_answers_at_the_same_moment_counts(world: World) -> None:
    asked = ask().json()
    browsers = [signed_in.browser(member) for member in (world.olli, world.mikko)]
    sent = {"user_code": asked["user_code"], "organization": "koskela"}
    pages = run_concurrently(
        *[lambda browser=one: browser.post(ANSWER, sent).status_code for one in browsers]
    )
    assert sorted(map(str, pages)) == ["200", "303"]
    assert "id_token" in poll(asked).json()


def test_stored_answer_is_of_no_use_without_the_terminal_s_secret(world: World) -> None:
    """Who reads the cache has a code that is bound to the device code."""
    asked = ask().json()
    browser = signed_in.browser(world.olli)
    browser.post(ANSWER, {"user_code": asked["user_code"], "organization": "koskela"})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (value ->> 'text')::jsonb -> 1 ->> 'code' FROM portal_cache "
            "WHERE cache_key LIKE '%%oidc-device-answer%%'"
        )
        ((stolen,),) = cursor.fetchall()
        cursor.execute("SELECT string_agg(cache_key || value::text, ' ') FROM portal_cache")
        ((everything,),) = cursor.fetchall()
    assert asked["device_code"] not in everything
    assert asked["user_code"] not in everything
    body = {"grant_type": "authorization_code", "code": stolen, "redirect_uri": device_grants.GRANT_TYPE}
    refused = oidc_browser.post(metadata.TOKEN, {**body, "client_id": "ordering", "code_verifier": "v" * 43})
    assert error(refused) == "invalid_grant"
    assert "id_token" in poll(asked).json()


def test_device_endpoints_take_the_listed_number_of_statements(world: World) -> None:
    asked = ask().json()
    with CaptureQueriesContext(connection) as polled:
        poll(asked)
    assert len(polled) == 6, "client, request, interval, the mark of a poll (2), answer"
