"""The CRM portal: who is known there, and tickets."""

import pytest

from tests.demo import cast
from tests.fixtures import demo_services, fake_provider

CONTACTS = "crm:contacts.see"
TICKETS = "crm:tickets.create"


@pytest.fixture
def contact(op: fake_provider.FakeProvider, crm: demo_services.Service) -> demo_services.ServiceBrowser:
    """Create a person who sees contacts and opens tickets."""
    sub = cast.new_sub()
    grants = [cast.grant(CONTACTS, role="organization_admin"), cast.grant(TICKETS, role="organization_admin")]
    assert crm.scim("POST", "/Users", cast.user(sub, name="Liisa Admin", grants=grants)).status_code == 201
    service_browser = demo_services.ServiceBrowser(crm)
    service_browser.sign_in(op, cast.claims(sub))
    return service_browser


@pytest.fixture
def outsider(op: fake_provider.FakeProvider, crm: demo_services.Service) -> demo_services.ServiceBrowser:
    sub = cast.new_sub()
    assert crm.scim("POST", "/Users", cast.user(sub, name="Ulla Outside")).status_code == 201
    service_browser = demo_services.ServiceBrowser(crm)
    service_browser.sign_in(op, cast.claims(sub))
    return service_browser


def test_contacts_page_shows_tier_limit_and_site(
    contact: demo_services.ServiceBrowser, crm: demo_services.Service
) -> None:
    sub = cast.new_sub()
    grants, limits = cast.orderer()
    record = cast.user(sub, name="Olli Orderer", grants=grants, limits=limits)
    resource = crm.scim("POST", "/Users", record).json()["id"]
    page = contact.get(f"/contacts?q={sub}").text
    for words in ("Olli Orderer", "orderer", "5\u00a0000\u00a0€ per order", "Tampere", ">active<"):
        assert words in page
    crm.scim("PUT", f"/Users/{resource}", cast.user(sub, name="Olli Orderer", active=False, organizations=[]))
    page = contact.get(f"/contacts?q={sub}").text
    assert ">inactive<" in page
    assert "Tampere" not in page
    assert "Olli Orderer" in page


def test_contacts_page_hides_other_organizations(
    contact: demo_services.ServiceBrowser, crm: demo_services.Service
) -> None:
    sub = cast.new_sub()
    crm.scim("POST", "/Users", cast.user(sub, name="Sanna Stranger", organizations=[cast.POHJOLA]))
    assert "Sanna Stranger" not in contact.get(f"/contacts?q={sub}").text


def test_contacts_and_tickets_without_the_entitlements_are_refused(
    outsider: demo_services.ServiceBrowser,
) -> None:
    assert "Nothing yet." in outsider.get("/").text
    assert outsider.get("/contacts").status_code == 403
    assert outsider.get("/tickets/new").status_code == 403
    fields = {
        "csrf": demo_services.first_match(demo_services.CSRF, outsider.get("/").text),
        "subject": "a",
        "text": "b",
    }
    refused = outsider.http.post(outsider.service.url + "/tickets/new", data=fields, timeout=10)
    assert refused.status_code == 403
    assert "Nothing was sent." in refused.text


def test_ticket_form_creates_a_ticket(contact: demo_services.ServiceBrowser) -> None:
    page = contact.send("/tickets/new", subject="Missing pallet", text="Two lines\r\nof words")
    assert "is open. We answer to" in page.text
    assert "Missing pallet" in contact.get("/").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", ""),
        ("subject", "\x00"),
        ("subject", "s" * 300),
        ("text", " "),
        ("text", "\x1b"),
        ("text", "t" * 6000),
    ],
)
def test_ticket_form_with_invalid_input_names_the_field(
    contact: demo_services.ServiceBrowser, field: str, value: str
) -> None:
    before = len(contact.service.journal("tickets"))
    page = contact.send("/tickets/new", **{"subject": "kept as typed", "text": "kept as typed", field: value})
    assert page.status_code == 422
    assert f'id="{field}-wrong"' in page.text
    assert "kept as typed" in page.text
    assert len(contact.service.journal("tickets")) == before


def test_cookies_of_two_services_have_different_names(
    op: fake_provider.FakeProvider,
    contact: demo_services.ServiceBrowser,
    shop: demo_services.Service,
    sub: str,
) -> None:
    contact.http.get(shop.url + "/", timeout=10)
    op.person = cast.claims(sub)
    contact.http.get(shop.url + "/login", timeout=10)
    assert {cookie.name for cookie in contact.http.cookies} == {"kh_crm", "kh_ordering"}
    assert contact.signed_in
