"""Strangers who guess are slowed; a person's known browser is never locked out by them."""

import dataclasses
import datetime as dt
import itertools
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.urls import reverse

from audit.foundation import clock
from identity.people.models import User
from identity.sessions.models import Session
from portal.signin.customers import device_cookies, rate_limits, recovery_codes, secret_attempts
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import CODE, LOGIN, BrowserClient, forget_last_code
from tests.fixtures.recovery import NEW_PASSWORD, recovery_link
from tests.fixtures.world import World

pytestmark = pytest.mark.usefixtures("at_the_start_of_a_window")

WRONG = "wrong wrong wrong"
REFUSED = "Too many attempts"
SOURCES = ("198.51.100.1", "198.51.100.2", "198.51.100.3", "2001:db8:1::1", "2001:db8:2::1")


SMALL = {
    "DEVICE": 4,
    "SESSION": 3,
    "NETWORK": 8,
    "PERSON_NETWORK": 2,
    "PERSON": 6,
    "REQUESTS": 10,
    "REQUESTS_KNOWN": 15,
    "NOTICE": 3,
}
"""Amounts in the order of the real ones, which would take hundreds of requests."""


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, amount in SMALL.items():
        limit: rate_limits.Limit = getattr(rate_limits, name)
        assert amount < limit.amount
        monkeypatch.setattr(rate_limits, name, dataclasses.replace(limit, amount=amount))


def known_browser(user: User) -> BrowserClient:
    """Give a browser in which this person has signed in and out."""
    browser = BrowserClient().sign_in(user)
    browser.post(reverse("account_logout"))
    return browser


def guess_passwords(user: User, *, times: int = 3, sources: tuple[str, ...] = SOURCES) -> list[str]:
    """Send wrong passwords from each of these places, with a new browser each time."""
    return [
        BrowserClient(REMOTE_ADDR=source).password(user, WRONG).content.decode()
        for source in sources
        for _ in range(times)
    ]


def is_refused(answer: Any) -> bool:
    """Whether the answer is the refusal of a limit, and not a wrong secret."""
    return answer.status_code == 429 or (answer.status_code == 200 and REFUSED in answer.content.decode())


def test_wrong_passwords_beyond_every_limit_do_not_lock_the_known_browser_out(world: World) -> None:
    aino = world.aino.user
    browser = known_browser(aino)
    answers = guess_passwords(aino, times=rate_limits.NETWORK.amount + 1)
    assert sum(REFUSED in answer for answer in answers) == len(answers) - rate_limits.PERSON.amount
    assert browser.password(aino)["Location"] == CODE
    forget_last_code(aino)
    assert browser.code(aino)["Location"] == "/"


def test_wrong_codes_of_a_stranger_who_knows_the_password_do_not_lock_the_known_browser_out(
    world: World,
) -> None:
    aino = world.aino.user
    browser = known_browser(aino)
    refused = 0
    for source in SOURCES:
        stranger = BrowserClient(REMOTE_ADDR=source)
        stranger.password(aino)
        refused += sum(is_refused(stranger.post(CODE, {"code": "000000"})) for _ in range(3))
    assert refused == 3 * len(SOURCES) - rate_limits.PERSON.amount
    browser.password(aino)
    forget_last_code(aino)
    assert browser.code(aino)["Location"] == "/"


def test_recovery_code_is_accepted_in_the_known_browser_under_attack(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    with worlds.bypassing_commands():
        codes = recovery_codes.generate()
        recovery_codes.store(user=aino, hashes=recovery_codes.hashed(user=aino, codes=codes))
    browser.post(reverse("account_logout"))
    guess_passwords(aino)
    browser.password(aino)
    assert browser.post(CODE, {"code": codes[0]})["Location"] == "/"


def test_new_browser_under_attack_shows_the_wait_and_signs_in_after_a_reset_link(
    world: World,
) -> None:
    aino = world.aino.user
    guess_passwords(aino)
    browser = BrowserClient(REMOTE_ADDR="203.0.113.9")
    wait = re.search(r"Too many attempts. Wait (\d+) seconds?", browser.password(aino).content.decode())
    assert wait is not None
    assert 0 < int(wait[1]) <= rate_limits.PERSON.seconds
    form = browser.get(recovery_link(browser, aino))["Location"]
    assert browser.post(form, {"password1": NEW_PASSWORD}).status_code == 302
    assert browser.password(aino, NEW_PASSWORD)["Location"] == CODE
    assert browser.code(aino)["Location"] == "/"


def test_wait_ends_within_five_minutes(world: World) -> None:
    aino = world.aino.user
    guess_passwords(aino)
    worlds.move_clock(rate_limits.PERSON.seconds)
    assert BrowserClient().password(aino)["Location"] == CODE


def test_one_network_cannot_slow_a_person_in_another_network(world: World) -> None:
    aino = world.aino.user
    guess_passwords(aino, sources=SOURCES[:2])
    assert BrowserClient(REMOTE_ADDR="203.0.113.9").password(aino)["Location"] == CODE


def test_known_browser_has_a_small_limit_of_its_own(world: World) -> None:
    aino = world.aino.user
    stolen = known_browser(aino)
    allowed = rate_limits.DEVICE.amount + rate_limits.PERSON_NETWORK.amount
    answers = [stolen.password(aino, WRONG) for _ in range(allowed + 3)]
    assert sum(not is_refused(answer) for answer in answers) == allowed
    other = BrowserClient(REMOTE_ADDR="203.0.113.9").sign_in_again(aino)
    assert other.is_signed_in


def test_limit_of_a_known_browser_is_not_renewed_by_signing_in(world: World) -> None:
    aino = world.aino.user
    browser = known_browser(aino)
    first = device_of(browser, aino).number
    browser.password(aino)
    forget_last_code(aino)
    browser.code(aino)
    assert device_of(browser, aino).number == first


def test_successful_sign_ins_are_not_counted(world: World) -> None:
    for _ in range(rate_limits.NETWORK.amount + 1):
        assert BrowserClient().password(world.aino.user)["Location"] == CODE


def test_unknown_address_is_limited_like_a_known_one(world: World) -> None:
    unknown = User(email="nobody@koskela.example")
    known, nobody = (
        [REFUSED in text for text in guess_passwords(user)] for user in (world.aino.user, unknown)
    )
    assert known == nobody


def test_other_spellings_and_addresses_of_a_person_share_one_limit(world: World) -> None:
    aino = world.aino.user
    guess_passwords(aino)
    shouted = User(email=aino.email.upper())
    assert is_refused(BrowserClient(REMOTE_ADDR="203.0.113.9").password(shouted))


def test_neighbours_in_one_ipv6_network_share_one_limit(world: World) -> None:
    answers = guess_passwords(world.aino.user, times=1, sources=tuple(f"2001:db8:1::{n}" for n in range(5)))
    assert sum(REFUSED in answer for answer in answers) == 5 - rate_limits.PERSON_NETWORK.amount


@pytest.mark.parametrize("revocation", ["password", "everywhere"])
def test_revoked_sessions_end_known_browsers(world: World, revocation: str) -> None:
    aino = world.aino.user
    elsewhere = known_browser(aino)
    forget_last_code(aino)
    browser = BrowserClient().sign_in(aino)
    if revocation == "password":
        passwords = {"oldpassword": worlds.PASSWORD, "password1": NEW_PASSWORD}
        assert browser.post(reverse("account_change_password"), passwords).status_code == 302
    else:
        browser.post(reverse("my_sessions", kwargs={"organization": "koskela"}), {"session": "all"})
    aino.refresh_from_db()
    assert device_cookies.known(request_of(elsewhere), aino) is None
    assert (device_cookies.known(request_of(browser), aino) is not None) is (revocation == "password")


def test_device_cookie_of_another_person_or_with_another_signature_is_unknown(world: World) -> None:
    aino, mikko = world.aino.user, world.mikko.user
    browser = known_browser(aino)
    assert device_cookies.known(request_of(browser), mikko) is None
    device = device_of(browser, aino)
    name = settings.DEVICE_COOKIE_NAME
    browser.cookies[name] = browser.cookies[name].value.replace(device.user.hex, mikko.pk.hex)
    assert device_cookies.known(request_of(browser), mikko) is None
    browser.cookies[name] = "~".join(["x"] * 2_000)
    assert device_cookies.any_known(request_of(browser)) is None


def test_device_cookie_expires_after_half_a_year(world: World) -> None:
    browser = known_browser(world.aino.user)
    worlds.move_clock(181 * 24 * 3600)
    assert device_cookies.known(request_of(browser), world.aino.user) is None


def test_device_cookie_is_set_after_the_second_factor_only_and_hidden_from_scripts(world: World) -> None:
    browser, name = BrowserClient(), settings.DEVICE_COOKIE_NAME
    assert name not in browser.password(world.aino.user).cookies
    cookie = browser.code(world.aino.user).cookies[name]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_shared_browser_is_known_for_its_last_five_people(world: World) -> None:
    browser = BrowserClient()
    members = [
        world.member(world.koskela, f"P{n} Ranta", "viewer", factor=False, email=f"p{n}@koskela.example").user
        for n in range(6)
    ]
    for user in members:
        browser.sign_in(user)
        browser.post(reverse("account_logout"))
    assert [device_cookies.known(request_of(browser), user) is not None for user in members] == [False] + [
        True
    ] * 5


def test_reset_mails_to_one_address_are_few_and_one_valid_link_is_always_on_its_way(world: World) -> None:
    aino = world.aino.user

    def ask() -> int:
        for source in SOURCES:
            BrowserClient(REMOTE_ADDR=source).post(reverse("account_reset_password"), {"email": aino.email})
        return Mail.objects.filter(purpose="password_reset").count()

    first = ask()
    assert first == rate_limits.RESET_MAIL.amount + rate_limits.RESET_MAIL_LATER.amount
    counts = [first]
    for _ in range(12):
        worlds.move_clock(2 * 3600 * len(counts))
        counts.append(ask())
    assert all(later > before for before, later in itertools.pairwise(counts))
    assert counts[11] - counts[0] <= 12 + rate_limits.RESET_MAIL.amount


def test_known_browser_gets_its_reset_mail_after_strangers_used_up_theirs(world: World) -> None:
    aino = world.aino.user
    browser = known_browser(aino)
    for source in SOURCES:
        BrowserClient(REMOTE_ADDR=source).post(reverse("account_reset_password"), {"email": aino.email})
    before = Mail.objects.filter(purpose="password_reset").count()
    answer = browser.post(reverse("account_reset_password"), {"email": aino.email})
    assert answer.status_code == 302
    assert Mail.objects.filter(purpose="password_reset").count() == before + 1


def test_reset_of_an_unknown_address_is_answered_alike_at_every_limit(world: World) -> None:
    def answers(address: str) -> list[tuple[int, str]]:
        asked = [
            BrowserClient(REMOTE_ADDR="203.0.113.9").post(
                reverse("account_reset_password"), {"email": address}
            )
            for _ in range(5)
        ]
        return [(answer.status_code, answer.get("Location", "")) for answer in asked]

    assert answers(world.aino.user.email) == answers("nobody@koskela.example")


def test_requests_of_a_known_browser_do_not_wait_for_its_network(world: World) -> None:
    browser = known_browser(world.aino.user)
    asked = {"X-Requested-With": "XMLHttpRequest"}
    for _ in range(rate_limits.REQUESTS.amount):
        BrowserClient().get(reverse("mfa_login_webauthn"), headers=asked)
    refused = BrowserClient().get(reverse("mfa_login_webauthn"), headers=asked)
    assert (refused.status_code, 0 < int(refused["Retry-After"]) <= rate_limits.REQUESTS.seconds) == (
        429,
        True,
    )
    assert browser.get(reverse("mfa_login_webauthn"), headers=asked).status_code == 200


def test_requests_of_many_known_browsers_share_the_limit_of_their_network(world: World) -> None:
    """Each new browser of one person had a limit of its own."""
    asked = {"X-Requested-With": "XMLHttpRequest"}
    browsers = []
    for _ in range(2):
        forget_last_code(world.aino.user)
        browsers.append(known_browser(world.aino.user))
    answers = [
        browser.get(reverse("mfa_login_webauthn"), headers=asked).status_code
        for browser in browsers
        for _ in range(rate_limits.REQUESTS.amount)
    ]
    assert answers.count(200) == rate_limits.REQUESTS_KNOWN.amount
    assert BrowserClient().get(reverse("mfa_login_webauthn"), headers=asked).status_code == 200


@pytest.mark.parametrize("change", [{"epoch": 99}, {"is_active": False}])
def test_revoked_device_cookie_has_no_requests_of_its_own(world: World, change: dict[str, Any]) -> None:
    browser = known_browser(world.aino.user)
    assert device_cookies.any_known(request_of(browser)) is not None
    with worlds.bypassing_commands():
        User.objects.filter(pk=world.aino.user_id).update(**change)
    assert device_cookies.any_known(request_of(browser)) is None


@pytest.mark.parametrize("method", ["head", "options", "put"])
@pytest.mark.parametrize("page", ["mfa_login_webauthn", "account_reset_password_from_key"])
def test_request_of_any_method_is_counted_like_a_get(world: World, page: str, method: str) -> None:
    """Django runs the view of a GET for HEAD: each left a session, and none was counted."""
    link = {"uidb36": "abc", "key": "a-b"} if page == "account_reset_password_from_key" else {}
    url, asked = reverse(page, kwargs=link), {"X-Requested-With": "XMLHttpRequest"}
    for _ in range(rate_limits.REQUESTS.amount):
        getattr(BrowserClient(), method)(url, headers=asked)
    before = Session.objects.count()
    assert getattr(BrowserClient(), method)(url, headers=asked).status_code == 429
    assert Session.objects.count() == before


def test_signed_in_person_confirms_in_the_known_browser_after_many_failures_elsewhere(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    stolen = BrowserClient()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = browser.cookies[settings.SESSION_COOKIE_NAME].value
    answers = [stolen.post(reverse("account_reauthenticate"), {"password": WRONG}) for _ in range(5)]
    assert sum(not is_refused(answer) for answer in answers) == rate_limits.SESSION.amount
    assert browser.post(reverse("account_reauthenticate"), {"password": worlds.PASSWORD}).status_code == 302


def test_wrong_present_password_is_counted(world: World) -> None:
    browser = known_browser(world.aino.user)
    browser.cookies.pop(settings.DEVICE_COOKIE_NAME)
    forget_last_code(world.aino.user)
    browser.sign_in(world.aino.user)
    browser.cookies.pop(settings.DEVICE_COOKIE_NAME)
    sent = {"oldpassword": WRONG, "password1": NEW_PASSWORD}
    answers = [browser.post(reverse("account_change_password"), sent) for _ in range(5)]
    assert sum(is_refused(answer) for answer in answers) == 5 - rate_limits.SESSION.amount


def test_many_changes_of_factors_are_mails_at_once_and_then_one_an_hour(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    for _ in range(rate_limits.NOTICE.amount + 3):
        browser.post(reverse("mfa_generate_recovery_codes"))
    notices = Mail.objects.filter(purpose="security_changed", about=aino.pk).order_by("due_at")
    at = clock.now()
    assert [notice.due_at > at for notice in notices if notice.due_at] == [
        False
    ] * rate_limits.NOTICE.amount + [True]
    last = notices.last()
    assert last is not None
    assert "Your sign-in methods were changed several times." in queued_mails.text_of(last)
    passwords = {"oldpassword": worlds.PASSWORD, "password1": NEW_PASSWORD}
    browser.post(reverse("account_change_password"), passwords)
    assert notices.all().count() == rate_limits.NOTICE.amount + 2
    worlds.move_clock(3600)
    browser = BrowserClient().sign_in_with(aino, NEW_PASSWORD)
    browser.post(reverse("mfa_generate_recovery_codes"))
    assert notices.all().count() == rate_limits.NOTICE.amount + 3


def test_security_md_shows_every_limit() -> None:
    text = (settings.BASE_DIR / "SECURITY.md").read_text(encoding="utf-8")
    rows = [
        f"| {limit.amount} {limit.what} | {limit.per} | {window(limit.seconds)} |"
        for limit in rate_limits.LIMITS
    ]
    assert [row for row in rows if row not in text] == []


def window(seconds: int) -> str:
    hours, minutes = seconds // 3600, seconds // 60
    if seconds % 3600 == 0:
        return "1 hour" if hours == 1 else f"{hours} hours"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def test_all_limits_of_one_attempt_are_counted_at_one_instant(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise an attempt at the end of a window would count in two windows."""
    instants = iter([clock.wall() + n * dt.timedelta(days=1) for n in range(3)])
    monkeypatch.setattr(rate_limits, "clock", SimpleNamespace(wall=lambda: next(instants)))
    subjects = [(rate_limits.PERSON, "a"), (rate_limits.PERSON, "b"), (rate_limits.PERSON, "c")]
    taken = rate_limits.take(*subjects)
    assert len({counter.rpartition(":")[2] for counter in taken.counters}) == 1


@pytest.mark.parametrize("page", [LOGIN, CODE])
def test_page_that_tries_a_secret_without_a_limit_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    browser = BrowserClient()
    if page == CODE:
        browser.password(world.aino.user)
    monkeypatch.setattr(secret_attempts, "_SUBJECTS", {})
    with pytest.raises(TypeError, match=f"no limit: {page}"):
        browser.post(page, {"login": world.aino.user.email, "password": WRONG, "code": "000000"})


def test_every_page_that_tries_a_secret_has_a_limit() -> None:
    names = {*secret_attempts._SUBJECTS, *secret_attempts._COUNTED}
    assert names == {
        "account_change_password",
        "account_login",
        "account_not_me",
        "account_reauthenticate",
        "account_reset_password",
        "account_reset_password_from_key",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "mfa_reauthenticate",
    }


def request_of(browser: BrowserClient) -> Any:
    """Give a request with the cookies of this browser."""
    request = RequestFactory().get(LOGIN)
    request.COOKIES = {name: morsel.value for name, morsel in browser.cookies.items()}
    return request


def device_of(browser: BrowserClient, user: User) -> device_cookies.Device:
    device = device_cookies.known(request_of(browser), user)
    assert device is not None
    return device


def test_codes_after_the_right_password_have_a_limit_of_hours(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows of five minutes alone would allow a person who has the password thousands of codes a day."""
    monkeypatch.setattr(rate_limits, "CODES", dataclasses.replace(rate_limits.CODES, amount=4))
    aino, browser = world.aino.user, known_browser(world.aino.user)
    refused: list[bool] = []
    for source in SOURCES[:3]:
        stranger = BrowserClient(REMOTE_ADDR=source)
        stranger.password(aino)
        refused += [is_refused(stranger.post(CODE, {"code": "000000"})) for _ in range(2)]
        worlds.move_clock(rate_limits.PERSON.seconds)
    assert refused == [False] * 4 + [True] * 2
    browser.password(aino)
    forget_last_code(aino)
    assert browser.code(aino)["Location"] == "/", "the known browser has its own"
