"""What allows a new password allows one, also when it is used several times at the same moment."""

from collections import Counter
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.urls import reverse

from audit.models import Event
from identity.people.models import User
from tests.fixtures import bypass, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.recovery import recovery_link
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 4


def passwords_of(number: int) -> str:
    return f"quiet amber lantern {number}"


def reload(world: World) -> User:
    return User.objects.get(pk=world.vilma.user_id)


def test_reset_link_used_at_the_same_moment_sets_one_password(world: World) -> None:
    link = recovery_link(BrowserClient(), world.vilma.user)
    browsers = [BrowserClient() for _ in range(TIMES)]
    forms = [browser.get(link)["Location"] for browser in browsers]
    before = reload(world).epoch

    def use(number: int) -> Any:
        new = passwords_of(number)
        return browsers[number].post(forms[number], {"password1": new, "password2": new})

    answers: Any = run_concurrently(*[lambda number=number: use(number) for number in range(TIMES)])
    assert Counter(answer.status_code for answer in answers) == {302: 1, 200: TIMES - 1}
    saved = next(number for number, answer in enumerate(answers) if answer.status_code == 302)
    assert hashers.check_password(passwords_of(saved), reload(world).password)
    assert reload(world).epoch == before + 1
    assert Event.objects.filter(verb="password.reset", subject=world.vilma.user_id).count() == 1
    known = [settings.DEVICE_COOKIE_NAME in answer.cookies for answer in answers]
    assert known == [number == saved for number in range(TIMES)], "the browsers that the person is known in"
    assert all(answer.context["token_fail"] for answer in answers if answer.status_code == 200)


def test_password_changed_at_the_same_moment_is_changed_once(world: World) -> None:
    browsers = [signed_in.browser(world.vilma) for _ in range(TIMES)]

    def change(number: int) -> Any:
        new = passwords_of(number)
        fields = {"oldpassword": worlds.PASSWORD, "password1": new, "password2": new}
        return browsers[number].post(reverse("account_change_password"), fields)

    run_concurrently(*[lambda number=number: change(number) for number in range(TIMES)])
    assert Event.objects.filter(verb="password.changed", subject=world.vilma.user_id).count() == 1
    assert not any(browser.is_signed_in for browser in browsers)


def test_new_password_writes_nothing_else_of_the_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request loaded the person before the hash; what was written meanwhile stays."""
    link = recovery_link(BrowserClient(), world.vilma.user)
    browser = BrowserClient()
    form = browser.get(link)["Location"]
    set_password = User.set_password

    def slowly(user: User, raw: str | None) -> None:
        set_password(user, raw)
        bypass.update(User.objects.filter(pk=user.pk), name="Vilma Uusi")

    monkeypatch.setattr(User, "set_password", slowly)
    new = passwords_of(0)
    assert browser.post(form, {"password1": new, "password2": new}).status_code == 302
    assert reload(world).name == "Vilma Uusi"
