"""The form of onboarding: what happens is shown first, is done once, and each problem stands at its field."""

import uuid
from decimal import Decimal
from typing import Any

import pytest

from audit.foundation import clock
from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.values import AmountLimit
from delegation.catalogue import ceilings
from delegation.invitations.models import Invitation
from delegation.onboarding import commands
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from portal.desk.onboarding.context import OnboardedPage, OnboardPage
from portal.desk.organizations.customer_list import CustomersPage
from portal.web.invitations import mail as invitations_mail
from provisioning.mail.models import Mail
from tests.fixtures import bypass, queued_mails
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import page_messages, page_model, plain, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import APPROVE, PLACE

pytestmark = pytest.mark.django_db(transaction=True)
URL, DONE = "/staff/organizations/onboard/", "/staff/organizations/rauman-rakennus-oy/onboarded/"
TYPED: dict[str, Any] = {
    "idempotency_key": "k1",
    "name": "Rauman Rakennus Oy",
    "number": "20881",
    "unit": "kivisalo",
    "register_id": "2345678-9",
    "language": "fi",
    "time_zone": "Europe/Helsinki",
    "sites": "Rauma; RAU\n\nPori\n",
    "domains": "rauma.example, @pori.example",
    "admin_name": "Liisa Rauma",
    "admin_email": "Liisa@Rauma.example",
    "admin_language": "fi",
    "services": ["ordering"],
    "limit": "10 000",
    "invoice_name": "Maija Salo",
    "invoice_email": "laskut@rauma.example",
}


def preview(browser: BrowserClient, **changed: Any) -> OnboardPage:
    return page_model(browser.post(URL, {**TYPED, **changed, "do": "preview"}), OnboardPage)


def onboard(browser: BrowserClient, shown: OnboardPage, **changed: Any) -> Any:
    """Send the form as the page shows it, with what was changed since."""
    sent = {"key": shown.form["key"].value(), "seen": shown.seen, "do": "onboard"}
    return browser.post(URL, {**TYPED, **sent, **changed})


def _fails(*_links: Any, **_at: Any) -> None:
    raise ConnectionError


def errors(page: OnboardPage) -> dict[str, list[str]]:
    return {field: [str(text) for text in texts] for field, texts in page.form.errors.items()}


def test_preview_says_what_happens_and_creates_nothing(desk: Desk) -> None:
    page = preview(desk.browser("account_manager"))
    assert [(one.subject, one.text) for one in page.effects] == [
        ("Rauman Rakennus Oy", "is created with 2 sites"),
        ("Liisa Rauma", "gets an invitation as admin, in Finnish"),
        ("Maija Salo", "invoice contact"),
        ("", "The page of the customer shows the DNS records for pori.example and rauma.example"),
        ("", "Web shop can be assigned"),
        ("", "1 admin from the start"),
    ]
    assert (page.customer_name, page.form.errors) == ("Rauman Rakennus Oy", {})
    assert not Organization.objects.filter(register_id="2345678-9").exists()
    assert not Mail.objects.exists()


def test_what_was_shown_is_onboarded_and_the_customer_is_in_the_list(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    answer = onboard(browser, preview(browser))
    assert (answer.status_code, answer["Location"]) == (302, DONE)
    page = page_model(browser.get(DONE), OnboardedPage)
    assert (page.name, page.first_admin, page.waits) == ("Rauman Rakennus Oy", "Liisa Rauma", True)
    assert [(one.email, one.state) for one in page.invitations] == [("liisa@rauma.example", "pending")]
    offer = "order in the web shop, up to 10 000 € an order · approve others’ orders, up to 10 000 € an order"
    lines = [plain(line.sub) for line in page.lines]
    assert lines == ["20881, Kivisalo · 2 sites", f"Web shop · {offer}"]
    row = Organization.objects.get(key="rauman-rakennus-oy")
    assert (row.mail_domains, row.language) == (["pori.example", "rauma.example"], "fi")
    assert queued_mails.recipient_of(Mail.objects.get(organization=row.id)) == "liisa@rauma.example"
    found = page_model(browser.get("/staff/organizations/?q=20881"), CustomersPage)
    assert [line.name for line in found.rows] == ["Rauman Rakennus Oy"]


def test_template_decides_the_offer_and_an_unreachable_contact_is_named(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    wrong = preview(
        browser, template="standard", limit="", invoice_email="", contract_email="boss@rauma.example"
    )
    assert errors(wrong) == {
        "invoice_email": ["Enter the contact’s e-mail address or telephone number."],
        "contract_name": ["Fill this in."],
    }
    other = {"template": "standard", "limit": "", "services": []}
    onboard(browser, preview(browser, **other), **other)
    row = Organization.objects.get(key="rauman-rakennus-oy")
    offer = ceilings.current_offer(organization=row, at=clock.now())
    assert offer[PLACE].amount == 20000
    assert [one.email for one in row.contacts.all()] == ["laskut@rauma.example"]


def test_second_admin_is_invited_too(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    second = {"second_name": "Ossi Rauma", "second_email": "ossi@rauma.example"}
    onboard(browser, preview(browser, **second), **second)
    assert set(Invitation.objects.filter(email__endswith="rauma.example").values_list("name", flat=True)) == {
        "Liisa Rauma",
        "Ossi Rauma",
    }


def test_changed_form_is_shown_again_before_anything_is_created(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    shown = preview(browser)
    for changed in ({"admin_email": "other@rauma.example"}, {"limit": "20 000"}, {"sites": ""}):
        page = page_model(onboard(browser, shown, **changed), OnboardPage)
        assert page.seen not in {"", shown.seen}
    page_model(onboard(browser, shown, seen=""), OnboardPage)
    assert not Organization.objects.filter(register_id="2345678-9").exists()


def test_repeated_request_onboards_once(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    shown = preview(browser)
    places = {onboard(browser, shown)["Location"] for _ in range(2)}
    assert places == {DONE}
    assert Organization.objects.filter(register_id="2345678-9").count() == 1
    assert Mail.objects.filter(purpose="invitation").count() == 1


def test_lost_mail_after_the_act_is_sent_from_the_page_that_follows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = desk.browser("account_manager")
    shown = preview(browser)
    with monkeypatch.context() as broken:
        broken.setattr(invitations_mail, "queue_each", _fails)
        with pytest.raises(ConnectionError):
            onboard(browser, shown)
    assert (Organization.objects.filter(register_id="2345678-9").count(), Mail.objects.count()) == (1, 0)
    assert onboard(browser, shown)["Location"] == DONE
    page = page_model(browser.get(DONE), OnboardedPage)
    browser.post(DONE, {"invitation": page.invitations[0].invitation})
    assert queued_mails.recipient_of(Mail.objects.get(purpose="invitation")) == "liisa@rauma.example"
    assert Invitation.objects.filter(email="liisa@rauma.example", cancelled_at=None).count() == 1


def test_page_of_an_expired_invitation_says_no_more_than_it_knows(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    onboard(browser, preview(browser))
    assert "No person has joined yet. Liisa Rauma gets" in visible_text(browser.get(DONE))
    bypass.update(Invitation.objects.filter(email="liisa@rauma.example"), expires_at=clock.now())
    text = visible_text(browser.get(DONE))
    assert "No person has joined yet." in text
    assert "gets the invitation" not in text
    assert "What Liisa Rauma does" not in text


def test_page_after_onboarding_names_the_limit_of_each_entitlement(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    onboard(browser, preview(browser))
    row = Organization.objects.get(key="rauman-rakennus-oy")
    limits = {PLACE: AmountLimit(Decimal(500)), APPROVE: AmountLimit(None)}
    ceilings.set_ceiling(actor=desk.world.system, organization=row, offer=limits)
    (_organization, offer) = page_model(browser.get(DONE), OnboardedPage).lines
    assert plain(offer.sub) == (
        "Web shop · order in the web shop, up to 500 € an order · approve others’ orders, without limit"
    )


def test_new_link_sent_twice_is_one_and_the_second_press_says_so(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    onboard(browser, preview(browser))
    page = page_model(browser.get(DONE), OnboardedPage)
    sent = {"invitation": page.invitations[0].invitation, "idempotency_key": page.idempotency_key}
    for text in (
        "A new link is being sent to liisa@rauma.example.",
        "That invitation was replaced by a newer one.",
    ):
        assert browser.post(DONE, sent)["Location"] == DONE
        assert page_messages(browser.get(DONE)) == [text]
    assert Mail.objects.filter(purpose="invitation").count() == 2
    assert browser.post(DONE, {"invitation": str(uuid.UUID(int=7))}).status_code == 404


def test_new_link_runs_once_for_one_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, keys = desk.browser("account_manager"), []
    onboard(browser, preview(browser))
    page = page_model(browser.get(DONE), OnboardedPage)

    def refuses(*, idempotency_key: str | None, **_arguments: Any) -> None:
        keys.append(idempotency_key)
        raise Busy

    monkeypatch.setattr(commands, "invite_again", refuses)
    sent = {"invitation": page.invitations[0].invitation, "idempotency_key": "k9"}
    for _ in range(2):
        browser.post(DONE, sent)
    assert keys == [f"k9:{uuid.UUID(sent['invitation']).hex}"] * 2


@pytest.mark.parametrize(("error", "status"), [(Busy(), 503), (Denied(), 403), (NotFound(), 404)])
def test_refusal_that_concerns_no_field_is_an_error_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: DomainError, status: int
) -> None:
    def refuses(**_arguments: Any) -> None:
        raise error

    browser = desk.browser("account_manager")
    shown = preview(browser)
    with monkeypatch.context() as patch:
        patch.setattr(commands, "onboard", refuses)
        assert onboard(browser, shown).status_code == status
    onboard(browser, shown)
    sent = {"invitation": page_model(browser.get(DONE), OnboardedPage).invitations[0].invitation}
    monkeypatch.setattr(commands, "invite_again", refuses)
    assert browser.post(DONE, sent).status_code == status


@pytest.mark.parametrize(
    ("changed", "field", "text"),
    [
        ({"name": ""}, "name", "Enter the company’s name."),
        ({"number": "K-koskela"}, "number", "A customer of this business unit has this number."),
        ({"unit": "eesti"}, "unit", "This is not one of the choices."),
        ({"time_zone": "Helsinki"}, "time_zone", "Enter a time zone"),
        ({"key": "Rauma Oy"}, "key", "Use small letters"),
        ({"key": "koskela"}, "key", "This already exists."),
        ({"sites": "Pori\nPori; 2"}, "sites", "“Pori” is there twice."),
        ({"sites": "; 2"}, "sites", "Fill this in."),
        ({"domains": "rauma"}, "domains", "Enter a domain"),
        ({"limit": ""}, "limit", "Enter the highest limit"),
        ({"limit": "5.000"}, "limit", "Enter an amount"),
        ({"limit": "0"}, "limit", "Enter an amount"),
        ({"services": ["other"]}, "services", "This is not one of the choices."),
        ({"admin_email": "liisa"}, "admin_email", "This is not an e-mail address."),
        ({"second_name": "Ossi"}, "second_email", "Enter an e-mail address."),
    ],
)
def test_problem_stands_at_its_field_and_nothing_is_created(
    desk: Desk, changed: dict[str, Any], field: str, text: str
) -> None:
    before = Organization.objects.count()
    page = preview(desk.browser("account_manager"), **changed)
    assert errors(page).keys() == {field}
    assert errors(page)[field][0].startswith(text)
    assert (page.effects, page.seen, Organization.objects.count()) == ([], "", before)


def test_value_taken_between_preview_and_onboarding_is_refused_at_its_field(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    second = {"key": "rauma-2", "number": "20882", "idempotency_key": "k2"}
    shown, shown_second = preview(browser), preview(browser, **second)
    onboard(browser, shown)
    page = page_model(onboard(browser, shown_second, **second), OnboardPage)
    assert errors(page).keys() == {"register_id"}


def test_same_admin_twice_is_refused_at_the_second_address(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    twice = {"second_email": "liisa@rauma.example"}
    page = page_model(onboard(browser, preview(browser, **twice), **twice), OnboardPage)
    assert errors(page).keys() == {"second_email"}


def test_key_is_proposed_from_the_name_and_free(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    page = preview(browser, name="Köskela", register_id="")
    assert page.effects[0].sub.endswith("/o/koskela-2/")
    assert preview(browser, name="Õ & Ä", register_id="").effects[0].sub.endswith("/o/o-a/")
    assert preview(browser, name="株式会社", register_id="").effects[0].sub.endswith("/o/customer/")


def test_only_business_units_of_the_right_are_offered(desk: Desk) -> None:
    for unit in (desk.staff.kivisalo, desk.staff.eesti):
        page = page_model(desk.browser("account_manager", unit=unit).get(URL), OnboardPage)
        assert [one.key for one in page.form.units] == [unit.key]


def test_new_link_is_refused_once_a_person_has_joined(desk: Desk) -> None:
    browser = desk.browser("account_manager")
    onboard(browser, preview(browser))
    invitation = Invitation.objects.get(email="liisa@rauma.example")
    desk.world.member(Organization.objects.get(key="rauman-rakennus-oy"), "Eeva Toinen", "organization_admin")
    page = page_model(browser.get(DONE), OnboardedPage)
    assert (page.waits, {one.invitation for one in page.invitations}) == (False, {""})
    browser.post(DONE, {"invitation": str(invitation.id)})
    assert Invitation.objects.filter(email="liisa@rauma.example").count() == 1
    assert browser.post(DONE, {"invitation": str(desk.world.somewhere)}).status_code == 404
    assert Membership.objects.filter(organization=invitation.organization).count() == 1
