"""Staff sign-in in a browser: to the supplier's identity provider, back, and out; and who may not."""

import datetime as dt
import threading
import urllib.parse
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import override_settings

from audit.foundation import clock
from audit.models import Event, Refusal
from identity.people.models import User
from identity.sessions.models import Session
from identity.staff import identities, sessions
from identity.staff.models import StaffIdentity, StaffSession
from portal import embedded_postgres
from portal.signin.customers import rate_limits
from portal.signin.staff import provider
from tests.fixtures import concurrency, signed_in, staff_provider, state_check
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.events import body, recorded_verbs
from tests.fixtures.fake_provider import Defect, FakeProvider
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
HOME, SIGN_IN, START = "/staff/", "/staff/sign-in/", "/staff/sign-in/start"
CALLBACK, LOGOUT, SIGN_OUT = "/staff/sign-in/callback", "/staff/backchannel-logout", "/staff/sign-out/"


def left(browser: BrowserClient) -> dict[str, str]:
    """Leave for the provider, and give the authorization request."""
    answer = browser.get(START)
    assert answer.status_code == 302, answer.content.decode()
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer["Location"]).query))


def came_back(browser: BrowserClient, op: FakeProvider, asked: dict[str, str]) -> Any:
    """Follow the provider's redirect."""
    query = urllib.parse.urlsplit(op.authorize(asked)).query
    return browser.get(f"{CALLBACK}?{query}")


def sign_in(
    op: FakeProvider, browser: BrowserClient | None = None, **claims: Any
) -> tuple[BrowserClient, Any]:
    browser = browser or BrowserClient()
    op.person = {**staff_provider.SAM, **claims}
    return browser, came_back(browser, op, left(browser))


def is_staff(browser: BrowserClient) -> bool:
    return browser.get(HOME).status_code == 200


def denied() -> list[str]:
    return [
        body(event)["facts"]["code"]
        for event in Event.objects.filter(verb="staff_sign_in.denied").order_by("at")
    ]


@pytest.mark.parametrize("path", [HOME, "/staff", SIGN_IN, START, CALLBACK, LOGOUT, SIGN_OUT, "/staff/x"])
@pytest.mark.parametrize("missing", [None, "client_id", "client_secret", "groups"])
def test_staff_address_without_a_complete_configuration_is_an_unknown_address(
    world: World, op: FakeProvider, path: str, missing: str | None
) -> None:
    setting = staff_provider.setting(op, **({missing: ""} if missing else {"issuer": ""}))
    with override_settings(STAFF_SIGN_IN=setting):
        for browser in (BrowserClient(), signed_in.browser(world.mikko)):
            found, unknown = browser.get(path), browser.get("/stuff")
            assert (found.status_code, found.headers.keys()) == (404, unknown.headers.keys())
            assert "<h1>Page not found</h1>" in found.content.decode()
            assert browser.post(path).status_code == browser.post("/stuff").status_code


def test_first_sign_in_with_a_mapped_group_creates_the_staff_user(world: World, op: FakeProvider) -> None:
    browser, answer = sign_in(op, sid="s-1")
    assert (answer.status_code, answer["Location"]) == (302, HOME)
    page = browser.get(HOME).content.decode()
    for text in ("Sam Salonen", "sam<wbr>@kivisalo.example", "Support", "kh-support"):
        assert text in page
    user = User.all_directories.get(directory="staff")
    assert (user.email, user.contact, user.has_usable_password()) == ("", "sam@kivisalo.example", False)
    assert StaffIdentity.objects.get().subject == "staff-1"
    assert recorded_verbs(user) == ["staff.enrolled", "staff_sign_in.succeeded"]
    assert state_check.differences() == []


def test_authorization_request_has_pkce_state_and_nonce(op: FakeProvider, world: World) -> None:
    first, second = left(BrowserClient()), left(BrowserClient())
    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == f"{django_settings.ISSUER}{CALLBACK}"
    assert first["scope"].split()[0] == "openid"
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name]) >= 43


def test_authorization_request_names_the_values_of_acr_that_roles_demand(
    op: FakeProvider, world: World
) -> None:
    assert left(BrowserClient())["acr_values"] == "phr"
    assurance = [
        ("support", "mfa"),
        ("owner", "silver"),
        ("owner", "hwk"),
        ("auditor", "gold"),
        ("operator", "gold"),
    ]
    with override_settings(STAFF_SIGN_IN=staff_provider.setting(op, assurance=assurance)):
        assert left(BrowserClient())["acr_values"] == "silver gold"
    with override_settings(
        STAFF_SIGN_IN=staff_provider.setting(op, assurance=[("support", "mfa"), ("owner", "")])
    ):
        assert "acr_values" not in left(BrowserClient())


@pytest.mark.usefixtures("at_the_start_of_a_window")
@pytest.mark.parametrize("path", [START, CALLBACK])
def test_sign_ins_of_one_network_beyond_the_limit_wait(world: World, op: FakeProvider, path: str) -> None:
    browser = BrowserClient()
    for _ in range(rate_limits.STAFF_SIGN_IN.amount):
        assert browser.get(path).status_code in {302, 400}
    answer = browser.get(path)
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= rate_limits.STAFF_SIGN_IN.seconds
    assert BrowserClient(REMOTE_ADDR="192.0.2.9").get(path).status_code in {302, 400}


@pytest.mark.usefixtures("at_noon")
def test_repeated_refusals_of_one_hour_are_one_event_without_a_user(world: World, op: FakeProvider) -> None:
    for _ in range(3):
        sign_in(op, groups=["other"])
    event = Event.objects.get(verb="staff_sign_in.denied")
    assert (event.subject_kind, event.actor_kind) == ("supplier", "system")
    assert body(event)["personal"] == {}
    assert Refusal.objects.get().count == 3


def test_home_names_the_proofs_of_a_session_and_those_that_a_role_needs(
    world: World, op: FakeProvider
) -> None:
    browser, _ = sign_in(op, groups=["kh-owners", "kh-support"], amr=["pwd", "geo"])
    page = " ".join(browser.get(HOME).content.decode().split())
    assert "password, “geo”" in page
    assert "did not prove: two factors or phishing-resistant sign-in" in page


def test_sign_out_goes_on_to_a_provider_that_offers_one(world: World, op: FakeProvider) -> None:
    op.metadata = {"end_session_endpoint": f"{op.url}/bye?a=1"}
    browser, _ = sign_in(op)
    answer = browser.post(SIGN_OUT)
    assert (answer.status_code, is_staff(browser)) == (200, False)
    address = urllib.parse.urlsplit(answer.context["target_url"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{op.url}/bye"
    assert dict(urllib.parse.parse_qsl(address.query)) == {
        "a": "1",
        "client_id": "keyholder",
        "post_logout_redirect_uri": f"{django_settings.ISSUER}{SIGN_IN}",
        "state": "signed-out",
    }
    page = browser.get(f"{SIGN_IN}?state=signed-out").content.decode()
    assert "check that localhost has signed you out too" in page


def test_sign_out_while_the_provider_is_down_ends_the_session_here(world: World, op: FakeProvider) -> None:
    op.metadata = {"end_session_endpoint": f"{op.url}/bye"}
    browser, _ = sign_in(op)
    op.is_down = True
    provider._of.cache_clear()
    assert browser.post(SIGN_OUT)["Location"] == f"{SIGN_IN}?signed-out"
    assert not is_staff(browser)


def test_next_sign_in_finds_the_user_by_subject_and_reads_name_and_groups_again(
    world: World, op: FakeProvider
) -> None:
    sign_in(op)
    browser, _ = sign_in(
        op, name="Sam Saari", email="other@kivisalo.example", groups=["kh-owners", "kh-support"]
    )
    page = browser.get(HOME).content.decode()
    assert "Sam Saari" in page
    assert "Owner:" in " ".join(page.split())  # mfa is not proved
    user = User.all_directories.get(directory="staff")
    assert recorded_verbs(user)[-2:] == ["staff.renamed", "staff_sign_in.succeeded"]
    assert state_check.differences() == []


def test_same_address_under_another_subject_is_another_person(world: World, op: FakeProvider) -> None:
    sign_in(op)
    sign_in(op, sub="staff-2")
    assert StaffIdentity.objects.count() == 2


def test_address_of_a_customer_s_person_gives_no_access_to_the_person(world: World, op: FakeProvider) -> None:
    browser, _ = sign_in(op, email=world.mikko.user.email)
    assert is_staff(browser)
    assert not browser.is_signed_in
    assert browser.get(HOME).context["staff"].name != world.mikko.user.name


GROUPS: list[Any] = [None, [], ["other"], "kh-support", {"kh-support": 1}, [["kh-support"]], ["KH-SUPPORT"]]


@pytest.mark.parametrize("groups", GROUPS, ids=repr)
def test_sign_in_without_a_mapped_group_creates_nobody(world: World, op: FakeProvider, groups: Any) -> None:
    browser, answer = sign_in(op, groups=groups)
    assert answer.status_code == 403
    assert "None of your groups has a role here" in answer.content.decode()
    assert not is_staff(browser)
    assert not User.all_directories.filter(directory="staff").exists()
    assert denied() == ["no_group"]


def test_group_that_is_gone_at_the_next_sign_in_opens_no_session(world: World, op: FakeProvider) -> None:
    sign_in(op)
    browser, answer = sign_in(op, groups=["other"])
    assert (answer.status_code, is_staff(browser)) == (403, False)


def test_groups_of_the_userinfo_endpoint_count_where_the_id_token_has_none(
    world: World, op: FakeProvider
) -> None:
    op.userinfo = {"sub": "staff-1", "groups": ["kh-support"]}
    browser, _ = sign_in(op, groups=[])
    assert not is_staff(browser)
    person = {name: value for name, value in staff_provider.SAM.items() if name != "groups"}
    op.person = person
    came_back(browser, op, left(browser))
    assert is_staff(browser)


def test_userinfo_of_another_subject_is_refused(world: World, op: FakeProvider) -> None:
    op.userinfo = {"sub": "staff-2", "groups": ["kh-support"]}
    browser, answer = sign_in(op)
    assert (answer.status_code, is_staff(browser), denied()) == (403, False, ["token"])


@pytest.mark.parametrize(
    ("proof", "roles"),
    [
        ({}, ["support"]),
        ({"amr": ["pwd"]}, ["support"]),
        ({"amr": "mfa"}, ["support"]),
        ({"amr": ["pwd", "mfa"]}, ["owner", "support"]),
        ({"acr": "phr"}, ["owner", "support"]),
        ({"acr": "MFA"}, ["support"]),
    ],
    ids=repr,
)
def test_role_is_in_force_only_with_the_proof_that_it_demands(
    world: World, op: FakeProvider, proof: dict[str, Any], roles: list[str]
) -> None:
    sign_in(op, groups=["kh-owners", "kh-support"], **proof)
    event = Event.objects.get(verb="staff_sign_in.succeeded")
    assert body(event)["facts"]["roles"] == roles


def test_sign_in_that_proves_too_little_for_every_role_is_refused(world: World, op: FakeProvider) -> None:
    browser, answer = sign_in(op, groups=["kh-owners"], amr=["pwd"])
    assert (answer.status_code, is_staff(browser), denied()) == (403, False, ["assurance"])
    assert "second factor" in answer.content.decode()


def test_blocked_staff_user_is_refused(world: World, op: FakeProvider) -> None:
    browser, _ = sign_in(op)
    with bypassing_commands():
        User.all_directories.filter(directory="staff").update(is_active=False)
    assert not is_staff(browser)
    assert sign_in(op)[1].status_code == 403
    assert denied() == ["blocked"]


def test_response_in_another_browser_is_refused(world: World, op: FakeProvider) -> None:
    asked = left(BrowserClient())
    op.person = dict(staff_provider.SAM)
    for victim in (BrowserClient(), BrowserClient()):
        answer = came_back(victim, op, asked)
        assert (answer.status_code, is_staff(victim)) == (400, False)
        left(victim)  # has a sign-in of its own under way
        answer = came_back(victim, op, asked)
        assert (answer.status_code, is_staff(victim)) == (400, False)
    assert "/token" not in op.paths
    assert denied() == []


def test_response_after_ten_minutes_is_refused(
    world: World, op: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = BrowserClient()
    asked = left(browser)
    late = clock.wall() + dt.timedelta(minutes=11)
    monkeypatch.setattr(clock, "wall", lambda: late)
    assert came_back(browser, op, asked).status_code == 400


def test_response_is_used_once(world: World, op: FakeProvider) -> None:
    browser = BrowserClient()
    asked = left(browser)
    op.person = dict(staff_provider.SAM)
    query = urllib.parse.urlsplit(op.authorize(asked)).query
    assert browser.get(f"{CALLBACK}?{query}").status_code == 302
    assert browser.get(f"{CALLBACK}?{query}").status_code == 400
    assert StaffSession.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"state": None}, {"code": None}, {"state": ""}, {"code": ""}, {"state": "x"}, {"code": "x"}, {"state": "ä"},
        {"iss": "https://evil.example"}, {"iss": ""}, {"error": "access_denied"},
    ],
    ids=repr,
)  # fmt: skip
def test_response_with_a_changed_parameter_opens_no_session(
    world: World, op: FakeProvider, change: dict[str, str | None]
) -> None:
    browser = BrowserClient()
    op.person = dict(staff_provider.SAM)
    sent = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(op.authorize(left(browser))).query))
    query = {name: value for name, value in {**sent, **change}.items() if value is not None}
    answer = browser.get(f"{CALLBACK}?{urllib.parse.urlencode(query)}")
    assert (answer.status_code in {400, 403}, is_staff(browser)) == (True, False)


@pytest.mark.parametrize("name", ["code", "state", "iss"])
def test_response_with_a_repeated_parameter_is_refused(world: World, op: FakeProvider, name: str) -> None:
    browser = BrowserClient()
    op.person = dict(staff_provider.SAM)
    query = urllib.parse.urlsplit(op.authorize(left(browser))).query
    value = dict(urllib.parse.parse_qsl(query))[name]
    answer = browser.get(f"{CALLBACK}?{query}&{urllib.parse.urlencode({name: value})}")
    assert (answer.status_code, is_staff(browser)) == (400, False)


def test_provider_that_promises_its_issuer_must_name_it(world: World, op: FakeProvider) -> None:
    op.metadata = {"authorization_response_iss_parameter_supported": True}
    browser = BrowserClient()
    op.person = dict(staff_provider.SAM)
    sent = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(op.authorize(left(browser))).query))
    del sent["iss"]
    assert browser.get(f"{CALLBACK}?{urllib.parse.urlencode(sent)}").status_code == 400


def test_token_with_a_defect_opens_no_session_and_is_recorded(world: World, op: FakeProvider) -> None:
    with op.with_defect(Defect(claims={"aud": "shop"})):
        browser, answer = sign_in(op)
    assert (answer.status_code, is_staff(browser), denied()) == (403, False, ["token"])


def test_provider_that_is_down_shows_a_page_and_opens_no_session(world: World, op: FakeProvider) -> None:
    op.is_down = True
    answer = BrowserClient().get(START)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "does not answer" in answer.content.decode()


def test_sign_out_ends_the_session_of_this_browser(world: World, op: FakeProvider) -> None:
    browser, _ = sign_in(op)
    other, _ = sign_in(op)
    answer = browser.post(SIGN_OUT)
    assert answer.status_code == 302
    assert "signed out of the staff pages" in browser.get(answer["Location"]).content.decode()
    assert (is_staff(browser), is_staff(other)) == (False, True)
    assert recorded_verbs(User.all_directories.get(directory="staff"))[-1] == "staff_session.ended"
    assert state_check.differences() == []


def test_sign_out_by_a_form_of_another_site_is_refused(world: World, op: FakeProvider) -> None:
    browser = BrowserClient(enforce_csrf_checks=True)
    sign_in(op, browser)
    assert browser.post(SIGN_OUT).status_code == 403
    assert is_staff(browser)


def test_second_sign_in_of_a_browser_replaces_its_session(world: World, op: FakeProvider) -> None:
    browser, _ = sign_in(op)
    sign_in(op, browser, sub="staff-2", name="Sara Salo")
    assert StaffSession.objects.count() == 1
    assert browser.get(HOME).context["staff"].name == "Sara Salo"


def post_logout(token: str) -> Any:
    return BrowserClient(enforce_csrf_checks=True).post(LOGOUT, {"logout_token": token})


def test_logout_token_ends_the_staff_session_at_once(world: World, op: FakeProvider) -> None:
    browser, _ = sign_in(op, sid="s-1")
    other, _ = sign_in(op, sid="s-2")
    answer = post_logout(op.logout_token(client_id="keyholder", sub="staff-1", sid="s-1"))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert (is_staff(browser), is_staff(other)) == (False, True)
    assert post_logout(op.logout_token(client_id="keyholder", sub="staff-1")).status_code == 200
    assert not is_staff(other)
    ended = Event.objects.filter(verb="staff_session.ended")
    assert {body(event)["facts"]["ended_by"] for event in ended} == {"provider"}
    assert state_check.differences() == []


def test_logout_token_sent_twice_is_refused_the_second_time(world: World, op: FakeProvider) -> None:
    token = op.logout_token(client_id="keyholder", sub="staff-1")
    assert post_logout(token).status_code == 200
    assert post_logout(token).status_code == 400


def test_logout_token_of_another_client_ends_nothing(world: World, op: FakeProvider) -> None:
    browser, _ = sign_in(op, sid="s-1")
    answer = post_logout(op.logout_token(client_id="shop", sid="s-1"))
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert is_staff(browser)
    assert BrowserClient().post(LOGOUT).status_code == 400
    assert BrowserClient().get(LOGOUT).status_code == 405


@pytest.mark.parametrize("ahead", [0, 50])
def test_logout_during_a_sign_in_leaves_no_session(
    world: World, op: FakeProvider, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    """The provider's clock may run some seconds ahead."""
    browser, honest = BrowserClient(), op.token
    asked = left(browser)
    issued = {"iat": int(clock.wall().timestamp()) + ahead}
    op.person = {**staff_provider.SAM, "sid": "s-1", **issued}

    def issued_before_a_logout(form: dict[str, str], authorization: str) -> Any:
        answer = honest(form, authorization)
        logout = op.logout_token(client_id="keyholder", sid="s-1", defect=Defect(claims=issued))
        assert post_logout(logout).status_code == 200
        connection.close()  # that of the provider's thread
        return answer

    monkeypatch.setattr(op, "token", issued_before_a_logout)
    assert came_back(browser, op, asked).status_code == 403
    assert (is_staff(browser), denied()) == (False, ["signed_out"])


def test_sign_in_waits_for_a_logout_token_that_is_being_received(world: World, op: FakeProvider) -> None:
    browser, received = BrowserClient(), threading.Event()
    op.person = dict(staff_provider.SAM)
    asked = left(browser)

    def receive() -> None:
        with transaction.atomic():
            sessions.end_for_logout_token(
                issuer=op.url,
                token_id="j-1",
                subject="staff-1",
                provider_session="",
                at=clock.now() + dt.timedelta(minutes=1),
            )
            received.set()
            concurrency.wait_until_blocking(concurrency.own_backend())

    def arrive() -> int:
        assert received.wait(concurrency.TIMEOUT)
        return int(came_back(browser, op, asked).status_code)

    assert concurrency.run_concurrently(receive, arrive) == [None, 403]
    assert (is_staff(browser), denied()) == (False, ["signed_out"])


def test_first_sign_in_waits_for_another_first_sign_in_of_the_person(world: World, op: FakeProvider) -> None:
    browser, created = BrowserClient(), threading.Event()
    op.person = dict(staff_provider.SAM)
    asked = left(browser)

    def sign_in_elsewhere() -> None:
        with transaction.atomic(), bypassing_commands():
            sessions.lock()
            identities.enroll(issuer=op.url, subject="staff-1", name="Sam Salonen", at=clock.now())
            created.set()
            concurrency.wait_until_blocking(concurrency.own_backend())

    def arrive() -> int:
        assert created.wait(concurrency.TIMEOUT)
        return int(came_back(browser, op, asked).status_code)

    assert concurrency.run_concurrently(sign_in_elsewhere, arrive) == [None, 302]
    assert StaffIdentity.objects.count() == 1
    assert is_staff(browser)


def test_staff_cookies_are_sent_to_staff_addresses_alone(world: World, op: FakeProvider) -> None:
    browser = BrowserClient()
    op.person = dict(staff_provider.SAM)
    begun = browser.get(START).cookies["kh-staff-pending"]
    answer = came_back(browser, op, left(browser))
    for cookie in (begun, answer.cookies["kh-staff"]):
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/staff/", True, "Lax")
    assert django_settings.SESSION_COOKIE_NAME not in browser.cookies
    assert Session.objects.count() == 0
    assert not answer.cookies["kh-staff-pending"].value


def test_empty_group_gives_no_role_whatever_the_setting_says(world: World) -> None:
    with staff_provider.running(groups=[("support", "")]) as op:
        browser, answer = sign_in(op, groups=[""])
    assert (answer.status_code, is_staff(browser)) == (403, False)


@pytest.mark.parametrize("token", ["a\r\nX: y", "ä€"])
def test_access_token_that_fits_no_header_is_refused(world: World, op: FakeProvider, token: str) -> None:
    op.access_token = token
    browser, answer = sign_in(op)
    assert (answer.status_code, is_staff(browser)) == (403, False)


def test_sign_in_that_waits_for_a_held_lock_gives_up(
    world: World, op: FakeProvider, database_urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits in a thread of the customers' pages."""
    monkeypatch.setattr(sessions, "LOCK_TIMEOUT", dt.timedelta(milliseconds=50))
    with psycopg.connect(database_urls[embedded_postgres.APP]) as holder:
        holder.execute(sessions._LOCK)
        browser, answer = sign_in(op)
        assert (answer.status_code, is_staff(browser)) == (503, False)
