"""A sign-in that began before something ended, and strangers who would keep a person out."""

import dataclasses
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from identity.people.models import User
from identity.sessions.models import Session
from portal.signin.customers import adapter as customers_adapter
from portal.signin.customers import rate_limits
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import CODE, LOGIN, BrowserClient
from tests.fixtures.events import recorded_verbs
from tests.fixtures.recovery import NEW_PASSWORD, recovery_link
from tests.fixtures.world import World

STASH = "account_login"


def half_way(user: User) -> BrowserClient:
    browser = BrowserClient()
    assert browser.password(user)["Location"] == CODE
    return browser


def reset(browser: BrowserClient, user: User) -> None:
    form = browser.get(recovery_link(browser, user))["Location"]
    assert browser.post(form, {"password1": NEW_PASSWORD}).status_code == 302


def test_changed_password_ends_an_interrupted_sign_in(world: World) -> None:
    mikko = world.mikko.user
    thief, owner = half_way(mikko), BrowserClient()
    reset(owner, mikko)
    assert thief.code(mikko)["Location"] == LOGIN
    assert not thief.is_signed_in
    assert STASH not in thief.session
    assert thief.get(CODE)["Location"] == LOGIN
    assert recorded_verbs(mikko)[-1] == "sign_in.denied"
    assert "sign_in.succeeded" not in recorded_verbs(mikko)
    assert owner.password(mikko, NEW_PASSWORD)["Location"] == CODE


def test_password_reset_during_sign_in_restarts_it(world: World) -> None:
    mikko = world.mikko.user
    browser = half_way(mikko)
    reset(browser, mikko)
    assert browser.get(LOGIN).status_code == 200
    assert browser.password(mikko, NEW_PASSWORD)["Location"] == CODE
    assert browser.code(mikko)["Location"] == "/"
    assert browser.is_signed_in


def test_removal_ends_an_interrupted_sign_in(world: World) -> None:
    vilma = world.vilma.user
    browser = half_way(vilma)
    world.remove(world.vilma)
    assert browser.code(vilma)["Location"] == reverse("account_inactive")
    assert not browser.is_signed_in
    assert STASH not in browser.session
    last = Event.objects.filter(chain=vilma.id).latest("at")
    assert last.verb == "sign_in.denied"


def test_removal_from_one_of_two_organizations_ends_no_sign_in(world: World) -> None:
    mikko = world.mikko.user
    browser = half_way(mikko)
    world.remove(world.mikko)
    assert browser.code(mikko)["Location"] == "/"
    assert browser.is_signed_in


def test_password_changed_before_the_session_is_saved_ends_the_sign_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it happens in one request: the ending falls between the comparison and the session."""
    ida = world.member(world.koskela, "Ida Ranta", "viewer", factor=False).user
    compare = User.check_password

    def slowly(user: User, password: str) -> bool:
        right = compare(user, password)
        with worlds.bypassing_commands():
            User.objects.filter(pk=user.pk).update(epoch=user.epoch + 1)
        return right

    monkeypatch.setattr(User, "check_password", slowly)
    browser = BrowserClient()
    assert browser.password(ida)["Location"] == LOGIN
    assert not browser.is_signed_in


def test_revocation_right_after_sign_in_ends_the_session(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is saved again with the response, not under the epoch of that moment."""
    ida = world.member(world.koskela, "Ida Ranta", "viewer", factor=False).user
    login = customers_adapter.AccountAdapter.login

    def ended(self: customers_adapter.AccountAdapter, request: Any, user: User) -> None:
        login(self, request, user)
        User.objects.filter(pk=user.pk).update(epoch=user.epoch + 1)

    monkeypatch.setattr(customers_adapter.AccountAdapter, "login", ended)
    browser = BrowserClient()
    browser.password(ida)
    assert Session.objects.get(user=ida).epoch == ida.epoch
    assert not browser.is_signed_in


@pytest.mark.usefixtures("at_the_start_of_a_window")
def test_passkey_challenges_are_limited_per_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question is a row until it is answered."""
    monkeypatch.setattr(rate_limits, "REQUESTS", dataclasses.replace(rate_limits.REQUESTS, amount=6))
    asked = {"x-requested-with": "XMLHttpRequest"}
    answers = [Client().get(reverse("mfa_login_webauthn"), headers=asked).status_code for _ in range(8)]
    assert answers == [200] * 6 + [429] * 2
    assert Session.objects.count() == 6
