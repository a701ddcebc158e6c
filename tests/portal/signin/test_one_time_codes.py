"""Codes of an authenticator app and recovery codes: which are accepted, how often, and what is stored."""

import contextlib
import datetime as dt
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.contrib.auth import hashers
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from audit.foundation import clock
from audit.models import Event
from identity.people.models import User
from portal.signin.customers import (
    authenticator_apps,
    code_input,
    event_transaction,
    factor_setup,
    factors,
    new_codes,
    one_time_codes,
    passkey_answers,
    recovery_codes,
)
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import CODE, BrowserClient, code_from, code_of, secret_of
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.events import recorded_verbs
from tests.fixtures.world import World

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
AddFactor = Callable[[BrowserClient, str], Any]
GENERATE, SHOW = reverse("mfa_generate_recovery_codes"), reverse("mfa_view_recovery_codes")


@pytest.mark.parametrize(("seconds", "code"), RFC_VECTORS)
def test_code_of_a_time_is_that_of_rfc_6238(seconds: int, code: str) -> None:
    step = seconds // authenticator_apps.PERIOD
    assert authenticator_apps.code_at_step(secret=RFC_SECRET, step=step, digits=8) == code
    assert authenticator_apps.code_at_step(secret=RFC_SECRET, step=step) == code[-6:]
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert authenticator_apps.accepted_step(secret=RFC_SECRET, code=code[-6:], at=at) == step


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_code_of_the_step_before_and_after_is_accepted(steps: int, accepted: bool) -> None:  # noqa: FBT001
    """RFC 6238 §5.2 and §6: a person types slowly, and a telephone's clock is not exact."""
    at = dt.datetime.fromtimestamp(1111111109, dt.UTC)
    present = 1111111109 // authenticator_apps.PERIOD
    code = authenticator_apps.code_at_step(secret=RFC_SECRET, step=present + steps)
    found = authenticator_apps.accepted_step(secret=RFC_SECRET, code=code, at=at)
    assert found == (present + steps if accepted else None)


def test_code_of_a_used_or_older_step_is_refused() -> None:
    at = dt.datetime.fromtimestamp(1111111109, dt.UTC)
    present = 1111111109 // authenticator_apps.PERIOD
    codes = {
        step: authenticator_apps.code_at_step(secret=RFC_SECRET, step=present + step) for step in (-1, 0, 1)
    }
    accepted = [
        (after, step)
        for after in (-2, -1, 0, 1)
        for step, code in codes.items()
        if authenticator_apps.accepted_step(secret=RFC_SECRET, code=code, at=at, after=present + after)
    ]
    assert accepted == [(-2, -1), (-2, 0), (-2, 1), (-1, 0), (-1, 1), (0, 1)]


def test_code_is_the_same_with_spaces_hyphens_and_full_width_digits() -> None:
    assert code_input.normalized(" 12-3 ４５６\u00a0") == "123456"
    assert code_input.normalized("\u200b12") == "12"


def spend(user: User, code: str) -> Any:
    with transaction.atomic():
        return one_time_codes.spend(user=user, code=code)


def test_app_accepts_three_steps_in_order_and_none_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    aino, at = world.aino.user, clock.wall()
    monkeypatch.setattr(clock, "wall", lambda *_: at)
    codes = [code_from(secret_of(aino), steps=steps) for steps in (-1, 0, 1)]
    with worlds.bypassing_commands():
        assert [bool(spend(aino, code)) for code in codes] == [True, True, True]
        assert [bool(spend(aino, code)) for code in codes] == [False, False, False]


def test_one_time_code_works_once_with_an_empty_cache(world: World) -> None:
    """Anybody can fill the cache until it drops what it holds: that a code was used does not stand there."""
    aino = world.aino.user
    first, second = BrowserClient(), BrowserClient()
    first.password(aino)
    second.password(aino)
    code = code_of(aino)
    assert first.post(CODE, {"code": code}).status_code == 302
    cache.clear()
    spaced = f" {code[:3]} {code[3:]} "
    assert second.post(CODE, {"code": spaced}).status_code == 200
    assert not second.is_signed_in
    assert recorded_verbs(aino)[-1] == "sign_in.failed"


def in_four_requests_at_once(user: User, code: str) -> Counter[object]:
    """Count the statuses of four browsers that send one code together; 302 is a sign-in."""
    visitors = [BrowserClient() for _ in range(4)]
    for one in visitors:
        one.password(user)
    sent = [lambda browser=one: browser.post(CODE, {"code": code}).status_code for one in visitors]
    return Counter(run_concurrently(*sent))


def test_one_code_in_two_requests_at_once_succeeds_once(world: World) -> None:
    aino = world.aino.user
    assert in_four_requests_at_once(aino, code_of(aino)) == {200: 3, 302: 1}


def test_one_recovery_code_in_two_requests_at_once_succeeds_once(world: World) -> None:
    aino = world.aino.user
    code = codes_of(BrowserClient().sign_in(aino).post(GENERATE, follow=True))[0]
    assert in_four_requests_at_once(aino, code) == {200: 3, 302: 1}
    assert recovery_codes.count(user=aino.pk) == 9


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_code_read_by_two_transactions_is_accepted_by_one(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Both have read the row before either writes, unless the lock makes one wait."""
    aino, codes = world.aino.user, recovery_codes.generate()
    with worlds.bypassing_commands(), transaction.atomic():
        recovery_codes.store(user=aino, hashes=recovery_codes.hashed(user=aino, codes=codes))
    both = threading.Barrier(2, timeout=1)
    read: Any = authenticator_apps.accepted_step if kind == "app" else recovery_codes._unused

    def read_together(*arguments: Any, **named: Any) -> Any:
        found = read(*arguments, **named)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait()
        return found

    if kind == "app":
        monkeypatch.setattr(authenticator_apps, "accepted_step", read_together)
    else:
        monkeypatch.setattr(recovery_codes, "_unused", read_together)
    code = code_of(aino) if kind == "app" else codes[0]

    def accept() -> bool:
        with worlds.bypassing_commands():
            return bool(spend(aino, code))

    assert Counter(run_concurrently(accept, accept)) == {False: 1, True: 1}


def test_first_code_of_a_new_app_is_used_up(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "orderer", factor=False).user
    browser = BrowserClient().sign_in(ida)
    secret = browser.get(reverse("mfa_activate_totp")).context["form"].secret
    code = code_from(secret)
    assert browser.post(reverse("mfa_activate_totp"), {"code": code})["Location"] == SHOW
    second = BrowserClient()
    second.password(ida)
    assert second.post(CODE, {"code": code}).status_code == 200
    assert second.post(CODE, {"code": code_from(secret, steps=1)}).status_code == 302


def test_wrong_first_code_connects_no_app_and_shows_the_same_key(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "orderer", factor=False).user
    browser = BrowserClient().sign_in(ida)
    secret = browser.get(reverse("mfa_activate_totp")).context["form"].secret
    again = browser.post(reverse("mfa_activate_totp"), {"code": code_from(secret, steps=3)})
    assert (again.status_code, again.context["form"].secret) == (200, secret)
    assert "is incorrect" in again.content.decode()
    assert not Authenticator.objects.filter(user=ida).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(session_data, ' ') FROM identity_session")
        (stored,) = cursor.fetchone()
    assert secret not in stored + str(dict(browser.session))


def test_second_app_is_not_connected(world: World) -> None:
    browser = BrowserClient().sign_in(world.aino.user)
    for answer in (browser.get(reverse("mfa_activate_totp")), browser.post(reverse("mfa_activate_totp"), {})):
        assert answer["Location"] == reverse("mfa_index")


def test_app_secret_decrypts_for_its_person_only(world: World) -> None:
    """An UPDATE in SQL would otherwise sign an attacker's telephone in as another person."""
    mikko, olli = world.mikko.user, world.olli.user
    secret = secret_of(mikko)
    stored = Authenticator.objects.get(user=mikko, type="totp").data["secret"]
    assert secret not in stored
    assert authenticator_apps.decrypt(encrypted=stored, user=olli.pk) != secret
    for broken in ("", secret, stored[:-8]):
        first, second = (authenticator_apps.decrypt(encrypted=broken, user=mikko.pk) for _ in range(2))
        assert first != second
    code = code_of(mikko)
    with worlds.bypassing_commands(), transaction.atomic():
        Authenticator.objects.filter(user=olli).delete()
        Authenticator.objects.filter(user=mikko).update(user=olli)
    with worlds.bypassing_commands():
        assert spend(olli, code) is None


def test_allauth_cannot_store_a_secret_without_its_person() -> None:
    for method in (factors.MFAAdapter().encrypt, factors.MFAAdapter().decrypt):
        with pytest.raises(TypeError):
            method("JBSWY3DPEHPK3PXP")


def codes_of(page: Any) -> list[str]:
    """The recovery codes on a page, as shown."""
    return re.findall(r"<li><code>(\d{4} \d{4} \d{4} \d{4})</code></li>", page.content.decode())


def test_recovery_codes_are_shown_until_they_are_saved_and_stored_as_hashes(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    page = browser.post(GENERATE, follow=True)
    codes = codes_of(page)
    assert (len(codes), len(set(codes)), page["Cache-Control"]) == (10, 10, "no-store")
    assert "they are not shown again" in page.content.decode()
    stored = Authenticator.objects.get(user=aino, type="recovery_codes").data
    assert (sorted(stored), stored["used"]) == (["hashes", "used"], "")
    assert {one.split("$")[0] for one in stored["hashes"].values()} == {"argon2"}
    everything = json.dumps(stored) + str(dict(browser.session))
    for code in codes:
        assert code not in everything
        assert code.replace(" ", "") not in everything
    assert codes_of(browser.get(SHOW)) == codes, "a reload shows the same codes"
    assert Authenticator.objects.get(user=aino, type="recovery_codes").data == stored
    assert browser.post(SHOW)["Location"] == "/"
    assert browser.get(SHOW)["Location"] == reverse("mfa_index")
    for url in (GENERATE, reverse("mfa_index")):
        again = browser.get(url)
        assert codes_of(again) == []
        assert "10" in again.content.decode()


def test_unsaved_recovery_codes_are_shown_for_ten_minutes_in_their_own_session(world: World) -> None:
    aino = world.aino.user
    browser, other = BrowserClient().sign_in(aino), BrowserClient().sign_in_again(aino)
    assert len(codes_of(browser.post(GENERATE, follow=True))) == 10
    assert other.get(SHOW)["Location"] == reverse("mfa_index")
    worlds.move_clock(new_codes.LIFETIME - 1)
    assert len(codes_of(browser.get(SHOW))) == 10
    worlds.move_clock(new_codes.LIFETIME + 1)
    assert browser.get(SHOW)["Location"] == reverse("mfa_index")


def test_stored_codes_of_another_person_are_not_shown(world: World) -> None:
    mine: Any = SimpleNamespace(session={})
    new_codes.store(mine, world.aino.user, ["0" * 16])
    assert new_codes.load(mine, world.aino.user) == ["0" * 16]
    assert new_codes.load(mine, world.mikko.user) == []


def test_recovery_codes_can_be_saved_as_a_file_without_a_request(world: World) -> None:
    page = BrowserClient().sign_in(world.aino.user).post(GENERATE, follow=True)
    text = "%0A".join(code.replace(" ", "%20") for code in codes_of(page))
    assert (
        f'href="data:text/plain;charset=utf-8,{text}" download="recovery-codes.txt"' in page.content.decode()
    )


@pytest.mark.parametrize("typed", ["{}", "  {}  ", "{}".replace(" ", "-")])
def test_recovery_code_signs_in_once(world: World, typed: str) -> None:
    aino = world.aino.user
    code = codes_of(BrowserClient().sign_in(aino).post(GENERATE, follow=True))[3]
    first, second = BrowserClient(), BrowserClient()
    first.password(aino)
    second.password(aino)
    assert first.post(CODE, {"code": typed.format(code)}).status_code == 302
    assert first.is_signed_in
    assert second.post(CODE, {"code": code.replace(" ", "-")}).status_code == 200
    assert "You have 9 codes left" in first.get(reverse("mfa_index")).content.decode()


@pytest.mark.parametrize(
    ("kind", "forgotten"),
    [
        ("recovery_codes", 'data || \'{"used": ""}\''),
        ("recovery_codes", 'data || \'{"used": "1"}\''),
        ("recovery_codes", "data - 'used'"),
        ("totp", "data || '{\"last_step\": 1}'"),
        ("totp", "data - 'last_step'"),
    ],
)
def test_used_code_is_not_made_unused_in_sql(world: World, kind: str, forgotten: str) -> None:
    aino = world.aino.user
    with worlds.bypassing_commands():
        recovery_codes.store(user=aino, hashes={"0": "x", "3": "x", "4": "x"})
        row = Authenticator.objects.get(user=aino, type="recovery_codes")
        Authenticator.objects.filter(pk=row.pk).update(data={**row.data, "used": "03"})
    BrowserClient().sign_in(aino)
    with (
        pytest.raises(DatabaseError, match="mfa_authenticator keeps what is used"),
        worlds.bypassing_commands(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            f"UPDATE mfa_authenticator SET data = {forgotten} WHERE user_id = %s AND type = %s",
            [aino.pk, kind],
        )


def test_recovery_code_of_another_number_or_person_is_refused(world: World) -> None:
    aino, mikko = world.aino.user, world.mikko.user
    codes = recovery_codes.generate()
    with worlds.bypassing_commands(), transaction.atomic():
        recovery_codes.store(user=aino, hashes=recovery_codes.hashed(user=aino, codes=codes))
    assert recovery_codes.find(user=aino.pk, code=codes[4]) is not None
    for wrong in (f"5{codes[4][1:]}", codes[4][:-1], f"{codes[4]}0", f"{codes[4][:-1]}x", "", "4" * 16):
        assert recovery_codes.find(user=aino.pk, code=wrong) is None
    assert recovery_codes.find(user=mikko.pk, code=codes[4]) is None
    with worlds.bypassing_commands(), transaction.atomic():
        Authenticator.objects.filter(user=aino, type="recovery_codes").update(user=mikko)
    assert recovery_codes.find(user=mikko.pk, code=codes[4]) is None


def test_recovery_codes_replace_the_older_ones_in_one_event(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    old, first = codes_of(browser.post(GENERATE, follow=True)), browser.get(GENERATE).content.decode()
    again = browser.post(GENERATE, follow=True)
    assert recorded_verbs(aino)[-2:] == ["factor.added", "factor.reset"]
    assert "Your 10 existing codes stop working" in first
    assert "The old codes no longer work" in again.content.decode()
    second = BrowserClient()
    second.password(aino)
    assert second.post(CODE, {"code": old[0]}).status_code == 200
    assert second.post(CODE, {"code": codes_of(again)[0]}).status_code == 302


@pytest.fixture
def add_factor(monkeypatch: pytest.MonkeyPatch) -> AddFactor:
    """Send the form of a first factor; the passkey's cryptography is left out."""

    def stored(user: User, name: str, credential: Any) -> SimpleNamespace:
        data = {"name": name, "credential": credential}
        return SimpleNamespace(instance=Authenticator.objects.create(user=user, type="webauthn", data=data))

    monkeypatch.setattr(passkey_answers, "is_for_this_origin", lambda _: True)
    monkeypatch.setattr(passkey_answers, "spend", lambda _: True)
    monkeypatch.setattr(auth, "parse_registration_response", lambda _: None)
    monkeypatch.setattr(auth, "complete_registration", lambda _: None)
    monkeypatch.setattr(auth.WebAuthn, "add", stored)
    monkeypatch.setattr(factors, "key_amr", lambda _: "swk")

    def add(browser: BrowserClient, kind: str) -> Any:
        if kind == "passkey":
            passkey = {"name": "Key", "credential": '{"id": "a"}'}
            return browser.post(reverse("mfa_add_webauthn"), passkey, follow=True)
        secret = browser.get(reverse("mfa_activate_totp")).context["form"].secret
        return browser.post(reverse("mfa_activate_totp"), {"code": code_from(secret)}, follow=True)

    return add


@pytest.mark.parametrize("kind", ["app", "passkey"])
def test_recovery_codes_of_a_first_factor_are_hashed_before_a_row_is_locked_or_written(
    world: World, monkeypatch: pytest.MonkeyPatch, add_factor: AddFactor, kind: str
) -> None:
    """Whatever else needs the person's row waited for ten hashes."""
    browser = BrowserClient().sign_in(world.member(world.koskela, "Ida Ranta", "viewer", factor=False).user)
    held: list[str] = []
    at_hashes: list[int] = []
    hash_password: Callable[[str], str] = hashers.make_password

    def hashed(code: str) -> str:
        at_hashes.append(len(held))
        return hash_password(code)

    def execute(run: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        writes = re.match("INSERT|UPDATE|DELETE", sql) or "FOR NO KEY UPDATE" in sql
        if writes and event_transaction.current_batch() is not None:
            held.append(sql)
        return run(sql, params, many, context)

    monkeypatch.setattr(hashers, "make_password", hashed)
    with connection.execute_wrapper(execute):
        done = add_factor(browser, kind)
    assert len(codes_of(done)) == recovery_codes.COUNT
    assert (at_hashes, bool(held)) == ([0] * recovery_codes.COUNT, True)


@pytest.mark.parametrize("kind", ["app", "passkey"])
def test_recovery_codes_given_meanwhile_stay_valid(
    world: World, monkeypatch: pytest.MonkeyPatch, add_factor: AddFactor, kind: str
) -> None:
    """Two first factors in two windows: the codes that one of them showed stopped working."""
    ida = world.member(world.koskela, "Ida Ranta", "viewer", factor=False).user
    browser = BrowserClient().sign_in(ida)
    codes, first_codes = recovery_codes.generate(), factor_setup.first_codes

    def store_elsewhere() -> None:
        with worlds.bypassing_commands(), transaction.atomic():
            recovery_codes.store(user=ida, hashes=recovery_codes.hashed(user=ida, codes=codes))

    def given_elsewhere(user: User) -> Any:
        new = first_codes(user)
        run_concurrently(store_elsewhere)
        return new

    monkeypatch.setattr(factor_setup, "first_codes", given_elsewhere)
    assert add_factor(browser, kind).redirect_chain == [(reverse("mfa_index"), 302)]
    assert recovery_codes.find(user=ida.pk, code=codes[0]) is not None


@pytest.mark.parametrize("has_codes", [True, False])
def test_wrong_code_of_a_person_with_passkeys_only_is_recorded_once(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    has_codes: bool,  # noqa: FBT001
) -> None:
    aino = world.aino.user
    with worlds.bypassing_commands(), transaction.atomic():
        Authenticator.objects.filter(user=aino).delete()
        data: Any = {"name": "Key", "credential": {}}
        Authenticator.objects.create(user=aino, type="webauthn", data=data)
        if has_codes:
            codes = recovery_codes.generate()
            recovery_codes.store(user=aino, hashes=recovery_codes.hashed(user=aino, codes=codes))
    monkeypatch.setattr(auth, "begin_authentication", lambda _: {})
    browser = BrowserClient()
    browser.password(aino)
    assert browser.post(CODE, {"code": "000000"}).status_code == 200
    assert recorded_verbs(aino).count("sign_in.failed") == 1
    last = Event.objects.filter(verb="sign_in.failed").latest("at")
    assert b'"method":"recovery_codes"' in bytes(last.body)


def test_recovery_codes_need_a_factor_that_they_replace(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "viewer", factor=False).user
    browser = BrowserClient().sign_in(ida)
    page = browser.get(GENERATE).content.decode()
    assert "Add a passkey or an authenticator app first" in page
    assert "Create new codes" not in page
    assert browser.post(GENERATE)["Location"] == reverse("mfa_index")
    assert not Authenticator.objects.filter(user=ida).exists()


def test_code_at_the_present_time_follows_the_moved_clock(world: World) -> None:
    worlds.move_clock(7200)
    assert BrowserClient().sign_in(world.aino.user).is_signed_in
    assert clock.wall() - dt.datetime.now(dt.UTC) > dt.timedelta(hours=1)
