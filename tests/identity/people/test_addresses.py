"""An address has one spelling, and only one of a mailbox on the internet is an address."""

import pytest

from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyInvited, InvalidInput
from identity.people import addresses
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails
from tests.fixtures.browser_client import LOGIN, BrowserClient
from tests.fixtures.world import World

BUECHER = "info@xn--bcher-kva.example"
SPELLINGS = [
    "info@bücher.example",
    "INFO@BÜCHER.example",
    "info@bu\u0308cher.example",
    "info@ｂücher。example",
    "info@xn--bcher-kva.example",
    " Info@XN--BCHER-KVA.Example ",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_international_domain_has_one_spelling(text: str) -> None:
    assert addresses.canonical(text) == BUECHER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "koskela.example",
        "aino@localhost",
        "aino@printer.local",
        "aino@intranet",
        "aino@db.internal",
        "aino@[10.0.0.1]",
        "aino@10.0.0.1",
        "aino@[IPv6:::1]",
        "aino@koskela.example.",
        "aino@koskela..example",
        "aino@-koskela.example",
        "aino@kos_kela.example",
        "aino@☃.example",
        "aino@xn--ab.example",
        '"aino virtanen"@koskela.example',
        "aino..v@koskela.example",
        ".aino@koskela.example",
        "äino@koskela.example",
        "ａino@koskela.example",
        "aino@koskela.example,olli@koskela.example",
        "aino@olli@koskela.example",
        "aino@koskela.example\r\nBcc: x@y.example",
        "a" * 65 + "@koskela.example",
        "a@" + "ü" * 60 + ".example",
        "a@" + "x.y" * 100 + ".example",
    ],
)
def test_text_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(addresses.InvalidAddress):
        addresses.canonical(text)
    with pytest.raises(InvalidInput):
        input_cleaning.address(text)


def test_two_spellings_of_one_address_are_one_invitation_and_one_recipient(world: World) -> None:
    access = world.access("viewer")
    world.invite(world.koskela, SPELLINGS[0], access)
    for spelling in SPELLINGS[1:]:
        with pytest.raises(AlreadyInvited):
            world.invite(world.koskela, spelling, access)


def test_every_spelling_of_an_address_signs_the_person_in(world: World) -> None:
    user = world.member(world.koskela, "Ida Ranta", "viewer", factor=False, email=SPELLINGS[0]).user
    assert user.email == BUECHER
    for spelling in SPELLINGS:
        user.email = spelling
        assert BrowserClient().password(user)["Location"] == "/"


def test_reset_mail_goes_to_the_ascii_form_of_the_address(world: World) -> None:
    world.member(world.koskela, "Ida Ranta", "viewer", factor=False, email=SPELLINGS[0])
    BrowserClient().post("/account/password/reset/", {"email": SPELLINGS[1]})
    row = Mail.objects.get(purpose="password_reset")
    assert queued_mails.recipient_of(row) == BUECHER


@pytest.mark.parametrize("text", ["aino@localhost", "aino@[10.0.0.1]"])
def test_sign_in_with_a_local_address_is_an_error_of_the_field(world: World, text: str) -> None:
    page = BrowserClient().post(LOGIN, {"login": text, "password": "x"}).content.decode()
    assert "Enter an e-mail address, for example" in page
