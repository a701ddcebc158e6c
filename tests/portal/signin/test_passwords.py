"""Which new passwords are taken, and by which sentence the others are refused."""

import pytest
from allauth.account import app_settings
from django.contrib.auth import hashers, password_validation
from django.core.exceptions import ValidationError
from django.urls import reverse

from identity.people.models import User
from portal.signin.customers import forms as customers_forms
from portal.signin.customers import passwords
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World


def user(password: str = "") -> User:
    return User(name="Päivi Korhonen", email="paivi.k@koskela-rakennus.example", password=password)


def codes(password: str, who: User | None = None) -> list[str]:
    """Why it is refused; nothing where it is taken."""
    try:
        password_validation.validate_password(password, who or user())
    except ValidationError as error:
        return [str(one.code) for one in error.error_list]
    return []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("violet lam", "password_too_short"),
        ("aaaa", "password_too_short"),
        ("qwerty", "password_too_short"),
        ("12345", "password_too_short"),
        ("Korhonen", "password_too_short"),
        ("password1234", "password_too_common"),
        ("123456789012", "digits"),
        ("837465920184", "digits"),
        ("qwertyuiop12", "predictable"),
        ("1234qwerASDF", "predictable"),
        ("poiuytrewq98", "predictable"),
        ("abcdefghijkl", "predictable"),
        ("aaaaaaaaaaaaaaaaaaaa", "predictable"),
        ("hello1hello1hello1", "predictable"),
        ("abababab1212", "predictable"),
        ("asdfghjklöä1", "predictable"),
        ("Korhonen2026", "own_name"),
        ("korhonen.Paivi!7", "own_name"),
        ("Koskela-2026-11", "own_name"),
        ("Kivisalo1234!", "own_name"),
        ("paivi.k@koskela-rakennus.example", "own_name"),
    ],
)
def test_password_is_refused_by_the_first_error_alone(password: str, code: str) -> None:
    assert codes(password) == [code]


@pytest.mark.parametrize(
    "password",
    [
        "violet lamps on water",
        "another long passphrase 42",
        "korhonen plays the tuba",
        "xkT9-wqLz-2vRb",
        "perunamaan takana",
        "Tr0ub4dor&3-again",
        "пароль для входа",
        "春は曙やうやう白くなりゆく",
        worlds.PASSWORD,
    ],
)
def test_password_without_digits_or_symbols_is_accepted(password: str) -> None:
    assert codes(password) == []


def test_present_password_is_refused() -> None:
    had = user(hashers.make_password("violet lamps on water"))
    assert codes("violet lamps on water", had) == ["same"]
    assert codes("violet lamps on snow", had) == []


def test_common_password_is_refused_with_our_message() -> None:
    with pytest.raises(ValidationError, match="too common"):
        passwords.Common().validate("password1234")


def test_reset_to_the_present_password_is_refused(world: World) -> None:
    browser = BrowserClient().sign_in(world.aino.user)
    asked = {"oldpassword": worlds.PASSWORD, "password1": worlds.PASSWORD}
    page = browser.post(reverse("account_change_password"), asked)
    assert page.status_code == 200
    assert "This is your current password" in page.content.decode()


@pytest.mark.parametrize(
    ("address", "sent", "texts"),
    [
        ("account_login", {}, ["Enter your e-mail address.", "Enter your password."]),
        ("account_login", {"login": "x"}, ["Enter an e-mail address, for example"]),
        ("account_login", {"login": "a@b.example", "password": "x" * 1001}, ["This is too long."]),
        ("account_reset_password", {}, ["Enter your e-mail address."]),
        ("account_reset_password", {"email": "x"}, ["Enter an e-mail address, for example"]),
    ],
)
def test_sign_in_pages_use_our_texts(
    transactional_db: None, address: str, sent: dict[str, str], texts: list[str]
) -> None:
    page = BrowserClient().post(reverse(address), sent).content.decode()
    assert [one for one in texts if one not in page] == []
    assert not [one for one in ("This field is required", "Enter a valid", "Ensure this") if one in page]


def test_every_field_of_every_sign_in_form_has_our_messages() -> None:
    for path in app_settings.FORMS.values():
        one = getattr(customers_forms, path.rpartition(".")[2])
        assert issubclass(one, customers_forms.Bounded), path


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [
        ("kesäyö järven rannalla", "kesa\u0308yo\u0308 ja\u0308rven rannalla"),
        ("kesa\u0308yo\u0308 ja\u0308rven rannalla", "kesäyö järven rannalla"),
        ("violet lamps on water", "violet\u00a0lamps\u2009on\u3000water"),
    ],
)
def test_password_typed_in_another_form_is_the_same(chosen: str, typed: str) -> None:
    stored = hashers.make_password(chosen)
    assert hashers.check_password(typed, stored)
    assert codes(typed, user(stored)) == ["same"]


def test_password_with_decomposed_letters_counts_each_letter_once() -> None:
    assert codes("ä ö å é ü à"[:11]) == codes("a\u0308 o\u0308 a\u030a e\u0301 u\u0308 a\u0300")
    assert "password_too_short" in codes("a\u0308 o\u0308 a\u030a e\u0301 u\u0308 a\u0300")
