"""The customers' sign-in: staff, programs and unknown addresses get the same answer."""

import re
import urllib.parse
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from audit.foundation import clock, encryption, ids
from identity.people import names
from identity.people.models import User
from provisioning.mail.models import Mail
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World

STAFF, UNKNOWN, KNOWN = "sanna@kivisalo.example", "nobody@kivisalo.example", "aino@koskela.example"
FORMS = {
    "account_login": {"login": "{}", "password": worlds.PASSWORD},
    "account_reset_password": {"email": "{}"},
}


@pytest.fixture
def world(world: World) -> World:
    with worlds.bypassing_commands():
        User.all_directories.create(
            id=ids.uuid7(),
            directory=User.Directory.STAFF,
            contact=STAFF,
            name="Sanna Salminen",
            sort_key=names.sort_key("Sanna Salminen"),
            password=make_password(None),
            created_at=clock.now(),
        )
    return world


def answer(name: str, address: str) -> tuple[int, str, str]:
    """Everything a visitor sees of one try, with the address and what differs every time taken out."""
    page: Any = BrowserClient().post(
        reverse(name), {key: value.format(address) for key, value in FORMS[name].items()}
    )
    text = page.content.decode().replace(address, "ADDRESS")
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    return page.status_code, page.get("Location", ""), text


@pytest.mark.parametrize("name", list(FORMS))
def test_staff_address_gets_the_answer_of_an_unknown_address(world: World, name: str) -> None:
    assert answer(name, STAFF) == answer(name, UNKNOWN)
    assert Mail.objects.count() == 0


def test_password_reset_request_looks_the_same_for_every_address(world: World) -> None:
    assert answer("account_reset_password", KNOWN) == answer("account_reset_password", UNKNOWN)
    assert Mail.objects.count() == 1


def test_password_reset_for_an_unknown_address_takes_the_same_mail_statements(world: World) -> None:
    """Rendering and queueing cost most: an unknown address must not be answered without them."""
    counts = []
    for address in (KNOWN, UNKNOWN):
        with CaptureQueriesContext(connection) as seen:
            answer("account_reset_password", address)
        counts.append(sum("provisioning_mail" in one["sql"] for one in seen.captured_queries))
    assert counts[0] == counts[1] > 0


def test_sign_in_with_an_unknown_address_takes_the_same_statements(world: World) -> None:

    kinds = []
    for address in (KNOWN, UNKNOWN):
        with CaptureQueriesContext(connection) as seen:
            page = BrowserClient().post(
                reverse("account_login"), {"login": address, "password": "wrong wrong wrong"}
            )
        assert page.status_code == 200
        kinds.append([one["sql"].split()[0] for one in seen.captured_queries if "audit_" in one["sql"]])
    assert kinds[0] == kinds[1]


def test_links_in_mails_have_the_configured_address(world: World) -> None:
    browser = BrowserClient()
    browser.defaults["HTTP_HOST"] = "localhost:6666"
    browser.defaults["HTTP_X_FORWARDED_HOST"] = "evil.example"
    browser.post(reverse("account_reset_password"), {"email": KNOWN})

    mail = Mail.objects.get()
    text = encryption.decrypt_secret(data=mail.body, context=mail.id.bytes).decode()
    links = re.findall(r"https?://[^\s\"<>]+", text)
    assert {urllib.parse.urlsplit(link).netloc for link in links} == {"localhost:8000"}


@pytest.mark.parametrize(
    "address",
    [
        "AINO@koskela.example",
        "aino@koskela.example,evil@x.example",
        "aino+x@koskela.example",
        "ａino@koskela.example",
    ],
)
def test_password_reset_is_mailed_to_the_exact_address_only(world: World, address: str) -> None:
    BrowserClient().post(reverse("account_reset_password"), {"email": address})
    assert Mail.objects.count() == (1 if address.lower() == KNOWN else 0)


@pytest.mark.parametrize(
    "name", ["account_signup", "account_email", "account_confirm_email", "mfa_signup_webauthn", "mfa_trust"]
)
def test_unused_pages_of_allauth_are_404(name: str) -> None:

    with pytest.raises(NoReverseMatch):
        reverse(name)
