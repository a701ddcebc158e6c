"""Signing in: strength, refusal, what is written down, what ends."""

import contextlib
import dataclasses
import datetime as dt
import email
import re
import threading
from functools import partial
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import RequestFactory
from django.urls import reverse

from audit.foundation import clock, encryption
from audit.log import refusals
from audit.models import Event
from identity.people.models import User
from identity.sessions.models import Session, SignIn
from portal.http import request_context, safe_redirects
from portal.signin import proofs
from portal.signin.customers import assurance, demands, factors, rate_limits
from provisioning.mail.models import Mail
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import CODE, LOGIN, BrowserClient, code_from, code_of
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.events import body, recorded_verbs
from tests.fixtures.hashers import CheapArgon2id
from tests.fixtures.recovery import NEW_PASSWORD, recovery_link
from tests.fixtures.world import World


def authentication(browser: BrowserClient, user: User) -> tuple[dt.datetime, list[str]]:
    """The instant and methods that the provider reads from this browser's session."""
    request = RequestFactory().get("/")
    request.session = browser.session
    request.user = user
    proof = proofs.strongest(request)
    return proof.at, list(proof.amr)


def test_sign_in_with_password_and_code_is_recorded_as_mfa(world: World) -> None:
    browser, aino = BrowserClient(), world.aino.user
    before = clock.wall()
    assert browser.password(aino)["Location"] == CODE
    half_way = browser.is_signed_in
    assert browser.code(aino)["Location"] == "/"
    assert (half_way, browser.is_signed_in) == (False, True)
    proved_at, amr = authentication(browser, aino)
    assert amr == ["pwd", "otp", "mfa"]
    assert before <= proved_at <= clock.wall()
    assert recorded_verbs(aino)[-1] == "sign_in.succeeded"
    assert browser.get(reverse("mfa_index"))["Cache-Control"] == "no-store"


def test_auth_time_follows_the_moved_clock(world: World) -> None:
    worlds.move_clock(7200)
    browser = BrowserClient().sign_in(world.vilma.user)
    proved_at, _ = authentication(browser, world.vilma.user)
    assert proved_at - dt.datetime.now(dt.UTC) > dt.timedelta(hours=1)


def test_wrong_password_keeps_the_address_and_is_recorded_without_it(world: World) -> None:
    browser, aino = BrowserClient(), world.aino.user
    answer = browser.password(aino, "wrong wrong wrong")
    assert answer.status_code == 200
    assert aino.email in answer.content.decode()
    assert recorded_verbs(aino)[-1] == "sign_in.failed"
    assert browser.password(User(email="nobody@koskela.example")).status_code == 200
    last = Event.objects.filter(verb="sign_in.failed").latest("at")
    assert b"nobody" not in bytes(last.body)


def test_used_code_is_refused_at_reauthentication(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    again = browser.post(reverse("mfa_reauthenticate"), {"code": code_of(aino)})
    assert again.status_code == 200
    assert "is incorrect" in again.content.decode()


@pytest.mark.usefixtures("at_the_start_of_a_window")
@pytest.mark.usefixtures("at_noon")
def test_parallel_guesses_stay_within_the_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "PERSON", dataclasses.replace(rate_limits.PERSON, amount=4))
    aino = world.aino.user

    def guess(number: int) -> str:
        browser = BrowserClient(REMOTE_ADDR=f"198.51.100.{number}")
        return str(browser.password(aino, f"wrong {number} wrong").content)

    guesses = [partial(guess, number) for number in range(8)]
    answers = run_concurrently(*guesses)
    assert sum("Too many attempts" not in str(answer) for answer in answers) == rate_limits.PERSON.amount
    assert recorded_verbs(aino).count("sign_in.failed") == 1
    ported = BrowserClient()
    ported.defaults["HTTP_HOST"] = "localhost:81"
    assert "Too many attempts" in ported.password(aino).content.decode()


def test_person_without_membership_is_refused_after_the_right_password(world: World) -> None:
    mikko, vilma = world.mikko.user, world.vilma.user
    world.remove(world.vilma)
    browser = BrowserClient()
    assert browser.password(vilma, "wrong wrong wrong").status_code == 200
    refused = browser.password(vilma)
    assert refused["Location"] == reverse("account_inactive")
    assert "Your access has ended" in browser.get(refused["Location"]).content.decode()
    assert not browser.is_signed_in
    assert recorded_verbs(vilma)[-1] == "sign_in.denied"
    world.remove(world.mikko)
    assert BrowserClient().sign_in(mikko).is_signed_in  # still a colleague of Pohjola


def test_removal_ends_the_open_session_at_the_next_request(world: World) -> None:
    browser = BrowserClient().sign_in(world.vilma.user)
    assert browser.is_signed_in
    world.remove(world.vilma)
    assert not browser.is_signed_in


@pytest.mark.urls("tests.fixtures.pages_for_tests")
def test_sign_in_without_a_required_factor_adds_one_and_returns_to_the_page(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "orderer", factor=False).user
    browser = BrowserClient().sign_in(ida)
    asked = browser.get("/test/inside/?page=2")
    assert asked["Location"] == reverse("mfa_index")
    index = browser.get(reverse("mfa_index")).content.decode()
    assert "Your access requires a second sign-in method. Add one to continue." in index
    page = browser.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200, page.get("Location")
    assert 'class="kh-nav"' not in index + page.content.decode()
    secret = page.context["form"].secret
    done = browser.post(reverse("mfa_activate_totp"), {"code": code_from(secret)}, follow=True)
    assert done.redirect_chain == [(reverse("mfa_view_recovery_codes"), 302)]
    assert authentication(browser, ida)[1] == ["pwd", "otp", "mfa"]
    codes = done.content.decode()
    assert "Your authenticator app is connected. Save these recovery codes." in codes
    assert "The old codes no longer work" not in codes
    assert browser.post(reverse("mfa_view_recovery_codes"))["Location"] == "/test/inside/?page=2"
    assert browser.get("/test/inside/?page=2").status_code == 200
    security = browser.get(reverse("mfa_index")).content.decode()
    assert security.count('href="/test/inside/?page=2"') == 1
    assert recorded_verbs(ida)[-2:] == ["factor.added", "factor.added"]


def test_security_page_without_a_page_to_continue_to_offers_back_only(world: World) -> None:
    page = BrowserClient().sign_in(world.aino.user).get(reverse("mfa_index")).content.decode()
    assert "Back" in page
    assert "Continue" not in page


def test_last_required_factor_cannot_be_removed(world: World) -> None:
    aino, vilma = world.aino.user, world.vilma.user
    browser = BrowserClient().sign_in(aino)
    page = browser.post(reverse("mfa_deactivate_totp"))
    assert page.status_code == 200
    assert "Nothing was removed. Add another one first." in page.content.decode()
    assert Authenticator.objects.filter(user=aino, type="totp").exists()
    # Vilma is a viewer: her role requires no factor.
    assert BrowserClient().sign_in(vilma).post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(user=vilma).exists()
    assert recorded_verbs(vilma)[-1] == "factor.removed"


def test_page_of_a_required_factor_says_that_it_cannot_be_removed(world: World) -> None:
    page = BrowserClient().sign_in(world.aino.user).get(reverse("mfa_deactivate_totp")).content.decode()
    assert "cannot remove your only second factor" in page
    assert not [one for one in ("btn-danger", "Nothing was removed") if one in page]
    free = BrowserClient().sign_in(world.vilma.user).get(reverse("mfa_deactivate_totp")).content.decode()
    assert ("cannot remove your only second factor" in free, "btn-danger" in free) == (False, True)


def test_password_reset_ends_every_session(world: World) -> None:
    aino = world.aino.user
    elsewhere = BrowserClient().sign_in(aino)
    epoch = User.objects.get(pk=aino.pk).epoch
    browser = BrowserClient()
    path = recovery_link(browser, aino)
    form = browser.get(path)["Location"]
    assert browser.post(form, {"password1": "short"}).status_code == 200
    assert browser.post(form, {"password1": NEW_PASSWORD})["Location"] == reverse(
        "account_reset_password_from_key_done"
    )
    assert not elsewhere.is_signed_in
    assert not browser.is_signed_in  # T43: never a session without the second factor
    assert User.objects.get(pk=aino.pk).epoch == epoch + 1
    assert browser.password(aino, NEW_PASSWORD)["Location"] == CODE
    assert "password.reset" in recorded_verbs(aino)
    assert "no longer works" in BrowserClient().get(path).content.decode()


def test_reset_link_of_an_older_epoch_is_refused(world: World) -> None:
    mikko = world.mikko.user
    browser = BrowserClient()
    path = recovery_link(browser, mikko)
    with worlds.bypassing_commands():
        User.objects.filter(pk=mikko.pk).update(epoch=mikko.epoch + 1)
    assert "no longer works" in browser.get(path).content.decode()


def test_reset_link_expires_after_two_hours(world: World) -> None:
    browser = BrowserClient()
    path = recovery_link(browser, world.mikko.user)
    worlds.move_clock(2 * 3600 + 60)
    assert "no longer works" in browser.get(path).content.decode()


def test_changed_password_ends_every_session(world: World) -> None:
    vilma = world.vilma.user
    with worlds.bypassing_commands():
        Authenticator.objects.filter(user=vilma).delete()
    here, there = BrowserClient().sign_in(vilma), BrowserClient().sign_in(vilma)
    done = here.post(
        reverse("account_change_password"), {"oldpassword": worlds.PASSWORD, "password1": NEW_PASSWORD}
    )
    assert done["Location"] == LOGIN
    assert not here.is_signed_in
    assert not there.is_signed_in
    assert "password.changed" in recorded_verbs(vilma)


def test_sign_out_ends_the_services_sign_ins_of_this_session(world: World) -> None:
    vilma = world.vilma
    browser = BrowserClient().sign_in(vilma.user)
    session = Session.objects.get(user=vilma.user)
    at = clock.now()
    kept: Any = {
        "user": vilma.user,
        "membership": vilma,
        "user_epoch": 1,
        "membership_epoch": 1,
        "auth_time": at,
        "started_at": at,
    }
    mine = SignIn.objects.create(session_key=session.session_key, last_seen_at=at, **kept)
    other = SignIn.objects.create(session_key="another browser", last_seen_at=at, **kept)
    browser.post(reverse("account_logout"))
    assert not browser.is_signed_in
    assert SignIn.objects.get(pk=mine.pk).ended_at is not None
    assert SignIn.objects.get(pk=other.pk).ended_at is None
    assert recorded_verbs(vilma.user)[-1] == "session.ended"


@pytest.mark.parametrize(
    "url",
    ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example/", "http://localhost:8001/",
     "\thttps://evil.example", "/\x00", "javascript:alert(1)", "///evil.example", "evil", "/\t/evil.example"],
)  # fmt: skip
def test_next_leads_to_our_own_paths_only(url: str) -> None:
    assert not safe_redirects.is_own(url)
    assert safe_redirects.is_own("/o/koskela/people?x=1")


def test_session_check_takes_the_listed_number_of_statements(
    world: World, django_assert_num_queries: Any
) -> None:
    browser = BrowserClient().sign_in(world.aino.user)
    request = RequestFactory().get("/")
    request_context.attach_context(request)
    request.session, request.user = browser.session, world.aino.user
    assert request.session["account_authentication_methods"]
    with django_assert_num_queries(0):
        assert assurance.assess(request, demands.ACCESS).step == "none"


def test_passkey_challenge_expires_before_a_session(world: World) -> None:
    """Before authentication only the challenge is stored, and it does not shorten the later session."""
    browser = BrowserClient()
    asked = browser.get(reverse("mfa_login_webauthn"), headers={"X-Requested-With": "XMLHttpRequest"})
    assert "request_options" in asked.json()
    assert Session.objects.get().expire_date <= clock.wall() + dt.timedelta(minutes=15)
    browser.sign_in(world.vilma.user)
    assert Session.objects.get().expire_date > clock.wall() + dt.timedelta(hours=11)


def test_reauthentication_is_recorded(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    assert browser.post(reverse("account_reauthenticate"), {"password": worlds.PASSWORD}).status_code == 302
    assert recorded_verbs(aino)[-1] == "session.reauthenticated"


def test_repeated_password_confirmation_leaves_one_event_and_one_with_the_count(world: World) -> None:
    """The log is permanent, and nothing else ends the confirmations of a signed-in person."""
    now = clock.wall()
    begin = 3600 - now.minute * 60 - now.second
    worlds.move_clock(begin)
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    for _ in range(5):
        browser.post(reverse("account_reauthenticate"), {"password": worlds.PASSWORD})
    assert recorded_verbs(aino).count("session.reauthenticated") == 1
    worlds.move_clock(begin + 3720)
    refusals.flush_repeats()
    events = Event.objects.filter(verb="session.reauthenticated").order_by("at")
    assert [body(event)["facts"].get("repeats") for event in events] == [None, 4]


def test_password_with_an_older_hash_is_rehashed_before_the_second_factor(world: World) -> None:
    aino = world.aino.user
    hasher = CheapArgon2id()
    hasher.memory_cost *= 2
    older = hasher.encode(worlds.PASSWORD, hasher.salt())
    with worlds.bypassing_commands():
        User.objects.filter(pk=aino.pk).update(password=older)
    browser = BrowserClient()
    assert browser.password(aino)["Location"] == CODE
    assert User.objects.get(pk=aino.pk).password != older
    assert recorded_verbs(aino)[-1] == "password.rehashed"


def test_renamed_passkey_is_recorded(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    with worlds.bypassing_commands():
        data = {"credential": {}, "name": "Key"}
        key = Authenticator.objects.create(user=aino, type=Authenticator.Type.WEBAUTHN, data=data)
    assert browser.post(reverse("mfa_edit_webauthn", args=[key.pk]), {"name": "Blue key"}).status_code == 302
    assert Authenticator.objects.get(pk=key.pk).data["name"] == "Blue key"
    assert recorded_verbs(aino)[-1] == "factor.renamed"


def notices_to(user: User) -> list[str]:
    """The texts of the mails about changes, decoded, oldest first."""
    kept = Mail.objects.filter(purpose="security_changed", about=user.pk).order_by("created_at")
    whole = [
        email.message_from_bytes(encryption.decrypt_secret(data=one.body, context=one.id.bytes))
        for one in kept
    ]
    return [f"{one['Subject']}\n{_text(one)}" for one in whole]


def _text(message: Any) -> str:
    (part,) = [one for one in message.walk() if one.get_content_type() == "text/plain"]
    return str(part.get_payload(decode=True).decode())


def test_changed_password_or_factor_queues_a_security_notice(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient()
    form = browser.get(recovery_link(browser, aino))["Location"]
    assert notices_to(aino) == []
    browser.post(form, {"password1": NEW_PASSWORD})
    (mail,) = notices_to(aino)
    for said in (
        "Your password was changed\n",
        "with a link from your e-mail",
        "signed out on all devices",
        "/account/not-me/",
    ):
        assert said in mail
    assert re.search(r"\d+ \w+ 20\d\d, \d\d:\d\d \(Helsinki time\)\r", mail), (
        "at a minute of the person's own time"
    )
    browser.sign_in_with(aino, NEW_PASSWORD)
    browser.post(reverse("mfa_generate_recovery_codes"))
    browser.post(reverse("mfa_generate_recovery_codes"))
    assert [one.splitlines()[0] for one in notices_to(aino)[1:]] == ["Your sign-in methods were changed"] * 2
    assert "Recovery codes were created." in notices_to(aino)[1]
    assert "The old codes no longer work." in notices_to(aino)[2]
    assert not re.search(r"\d{4} \d{4} \d{4} \d{4}", "".join(notices_to(aino)))


def test_notice_of_a_changed_password_says_once_where_the_person_was_signed_out(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    passwords = {"oldpassword": worlds.PASSWORD, "password1": NEW_PASSWORD}
    assert browser.post(reverse("account_change_password"), passwords)["Location"] == LOGIN
    assert "session.ended" in recorded_verbs(aino)
    (mail,) = notices_to(aino)
    assert "You are signed out on all devices." in mail
    assert "You were signed out in your other browsers." not in mail


def test_security_notice_lists_all_changes_in_the_person_s_language(world: World) -> None:
    vilma = world.vilma.user
    with worlds.bypassing_commands():
        User.objects.filter(pk=vilma.pk).update(language="fi")
    browser = BrowserClient().sign_in(vilma)
    browser.post(reverse("mfa_generate_recovery_codes"))
    browser.post(reverse("mfa_deactivate_totp"))
    (_made, removed) = notices_to(vilma)
    assert "Todennussovellus" in removed
    assert "Palautuskoodit" in removed, "they go with the app"
    assert re.search(r"\butc\b", removed, re.IGNORECASE) is None


def test_unchanged_sign_in_sends_no_notice(world: World) -> None:
    aino = world.aino.user
    browser = BrowserClient().sign_in(aino)
    browser.post(reverse("mfa_deactivate_totp"))
    browser.post(reverse("account_change_password"), {"oldpassword": "wrong", "password1": NEW_PASSWORD})
    browser.post(reverse("account_logout"))
    assert notices_to(aino) == []


def test_concurrent_removals_of_two_factors_leave_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have asked and are about to delete: each would leave the other, so one of them has to be refused."""
    aino = world.aino.user
    with worlds.bypassing_commands():
        key = Authenticator.objects.create(
            user=aino, type="webauthn", data={"name": "Work phone", "credential": {}}
        )
    app, phone = BrowserClient().sign_in(aino), BrowserClient().sign_in_again(aino)
    both, delete = threading.Barrier(2, timeout=2), Authenticator.delete

    def delete_together(one: Authenticator) -> object:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait()
        return delete(one)

    monkeypatch.setattr(Authenticator, "delete", delete_together)

    run_concurrently(
        lambda: app.post(reverse("mfa_deactivate_totp")),
        lambda: phone.post(reverse("mfa_remove_webauthn", kwargs={"pk": key.pk})),
    )
    assert Authenticator.objects.filter(user=aino, type__in=factors.SECOND_FACTORS).count() == 1
