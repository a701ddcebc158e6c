"""The pages of a customer's contacts and mail domains change what commands change, and show it."""

import re

import pytest

from audit.foundation import clock
from delegation.customer_contacts import queries as contacts_queries
from delegation.domain_verifications import challenge, queries
from identity.organizations.models import Organization
from provisioning.domain_checks import checks
from tests.fixtures.pages import visible_text
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = "/staff/organizations/koskela/"
SALO = {"kind": "invoice", "name": "Maija Salo", "email": "invoices@koskela.example", "phone": ""}


def test_account_manager_adds_changes_and_removes_a_contact_and_support_finds_the_customer_by_it(
    desk: Desk,
) -> None:
    maarja, world = desk.browser("account_manager"), desk.world
    wrong = maarja.post(f"{PLACE}contacts/add", {**SALO, "email": "", "name": "Maija"})
    assert "Enter the contact’s e-mail address or telephone number." in visible_text(wrong)
    key = {"idempotency_key": "one"}
    for _ in range(2):
        assert maarja.post(f"{PLACE}contacts/add", {**SALO, **key}).status_code == 302
    (contact,) = contacts_queries.in_force(organization=world.koskela.id, at=clock.now())
    sanna = desk.browser("support")
    assert "Maija Salo" in visible_text(sanna.get(PLACE))
    assert "Koskela" in visible_text(sanna.get("/staff/organizations/?q=maija+salo"))
    place = f"{PLACE}contacts/{contact.contact}/"
    assert maarja.post(place, {**SALO, "phone": "+358400000118"}).status_code == 302
    assert "+358400000118" in visible_text(sanna.get(f"{PLACE}contacts/"))
    assert maarja.post(place, {"do": "remove"}).status_code == 302
    assert maarja.get(place).status_code == 302
    assert contacts_queries.in_force(organization=world.koskela.id, at=clock.now()) == []
    assert len(contacts_queries.history(organization=world.koskela.id)) == 2


def test_domain_is_set_and_checked_and_the_page_shows_the_record_and_the_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    maarja, world, place = desk.browser("account_manager"), desk.world, f"{PLACE}domains/"
    assert "Enter a domain" in visible_text(maarja.post(place, {"domains": "no domain"}))
    assert maarja.post(place, {"domains": "koskela.example, koskela.test"}).status_code == 302
    record = challenge.record(organization=world.koskela.id, domain="koskela.example")
    shown = maarja.get(place)
    assert record.value in re.sub(r"<wbr>", "", shown.content.decode())
    assert desk.browser("support").post(place, {"check": "koskela.example"}).status_code == 403
    monkeypatch.setattr(checks, "_ask", lambda *_args: checks.Answer.FOUND)
    maarja.post(place, {"check": "koskela.example"})
    assert "The domain is verified." in visible_text(maarja.get(place))
    koskela = Organization.objects.get(id=world.koskela.id)
    assert queries.verified(organization=koskela.id, at=clock.now()) == ["koskela.example"]
    assert maarja.post(place, {"check": "other.example"}).status_code == 404
