"""Names and errors that allauth would give in its own words are in ours."""

from typing import Any

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from django.test import RequestFactory
from django.urls import reverse

from portal.signin.customers import factors, forms
from portal.signin.customers.adapter import AccountAdapter
from tests.fixtures import library_words, signed_in
from tests.fixtures.world import World, bypassing_commands

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


def suggested(world: World, agent: str, language: str = "en") -> str:
    """Give the name in the form that adds a passkey."""
    browser = signed_in.browser(world.aino)
    browser.post(reverse("language"), {"language": language})
    page = browser.get(reverse("mfa_add_webauthn"), headers={"user-agent": agent})
    assert page.status_code == 200
    name: str = page.context["form"]["name"].value()
    return name


@pytest.mark.django_db(transaction=True)
def test_passkey_is_named_after_the_browser_and_the_device(world: World) -> None:
    assert suggested(world, CHROME) == "Chrome on Windows"
    assert suggested(world, CHROME, "fi") == "Chrome, Windows"
    assert suggested(world, IPHONE) == "Safari on iPhone"
    assert suggested(world, "curl/8") == "Passkey"


@pytest.mark.django_db(transaction=True)
def test_second_passkey_of_the_same_name_gets_a_number(world: World) -> None:
    with bypassing_commands():
        for name in ("Chrome on Windows", "Chrome on Windows 3"):
            Authenticator.objects.create(user=world.aino.user, type="webauthn", data={"name": name})
        Authenticator.objects.create(
            user=world.paivi.user, type="webauthn", data={"name": "Safari on iPhone"}
        )
    for agent, name in ((CHROME, "Chrome on Windows 2"), (IPHONE, "Safari on iPhone")):
        with context.request_context(RequestFactory().get("/", headers={"user-agent": agent})):
            found = factors.MFAAdapter().generate_authenticator_name(
                world.aino.user, Authenticator.Type.WEBAUTHN
            )
        assert found == name


@pytest.mark.parametrize(
    ("ours", "theirs"), [(AccountAdapter, DefaultAccountAdapter), (factors.MFAAdapter, DefaultMFAAdapter)]
)
def test_no_error_of_allauth_keeps_its_own_words(ours: Any, theirs: Any) -> None:
    assert ours.error_messages.keys() == theirs.error_messages.keys()
    assert not set(map(str, ours.error_messages.values())) & set(map(str, theirs.error_messages.values()))


def test_refused_passkey_is_not_called_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_form: object) -> None:
        raise factors.MFAAdapter().validation_error("incorrect_code")

    monkeypatch.setattr(webauthn.AuthenticateWebAuthnForm, "clean_credential", refuse)
    form = forms.LoginPasskeyForm(data={"credential": '{"id": "x"}'})
    assert form.errors["credential"] == ["The passkey did not work. Try again."]


def test_sentences_of_allauth_are_found_in_texts_and_attributes() -> None:
    assert library_words.shown_in('<input placeholder="Authenticator code">') == ["Authenticator code"]
    assert library_words.shown_in("<p>You cannot deactivate two-factor\n authentication.</p>") == [
        "You cannot deactivate two-factor authentication."
    ]
