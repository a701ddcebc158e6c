"""An order above the limit waits for an approver, who approves it by their own entitlement."""

import dataclasses
import secrets
from typing import Any

import pytest

from tests.demo import cast
from tests.fixtures import demo_services, fake_provider

PLACE, APPROVE, SEE = "ordering:orders.place", "ordering:orders.approve", "ordering:orders.see"


@dataclasses.dataclass(frozen=True)
class Company:
    """A customer of the shop that no other test knows."""

    op: fake_provider.FakeProvider
    shop: demo_services.Service
    record: cast.ScimRecord

    def person(
        self, *entitlements: str, name: str, at: cast.ScimRecord = cast.TAMPERE, **limits: str
    ) -> demo_services.ServiceBrowser:
        """Sign in a new person with these entitlements at one site."""
        sub = cast.new_sub()
        grants = [cast.grant(one, at=at, of=self.record) for one in (SEE, *entitlements)]
        stated = [
            cast.limit(amount, entitlement={"place": PLACE, "approve": APPROVE}[what], at=at, of=self.record)
            for what, amount in limits.items()
        ]
        body = cast.user(sub, name=name, organizations=[self.record], grants=grants, limits=stated)
        answer = self.shop.scim("POST", "/Users", body)
        assert answer.status_code == 201, answer.text
        service_browser = demo_services.ServiceBrowser(self.shop)
        service_browser.sign_in(self.op, cast.claims(sub, of=self.record))
        service_browser.http.headers["X-Id"] = answer.json()["id"]
        return service_browser

    def orderer(self) -> demo_services.ServiceBrowser:
        return self.person(PLACE, name="Olli Orderer", place="5000")


@pytest.fixture
def company(op: fake_provider.FakeProvider, shop: demo_services.Service) -> Company:
    key = secrets.token_hex(4)
    record = {"id": f"org-{key}", "key": key, "name": f"Company {key}", "customerNumber": "1"}
    return Company(op, shop, record)


def order(orderer: demo_services.ServiceBrowser, amount: str = "5100") -> Any:
    return orderer.send("/order", amount=amount, site="site-tampere")


def approve(approver: demo_services.ServiceBrowser, path: str) -> Any:
    csrf = demo_services.first_match(demo_services.CSRF, approver.get("/").text)
    return approver.http.post(f"{path}/approve", data={"csrf": csrf}, timeout=10)


def test_order_above_the_limit_waits_and_is_placed_when_an_approver_approves_it(company: Company) -> None:
    orderer = company.orderer()
    approver = company.person(PLACE, APPROVE, name="Päivi Approver", place="10000", approve="10000")
    waiting = order(orderer)
    assert waiting.status_code == 200
    for words in (
        "waits for an approver.",
        "5\u00a0100\u00a0€ is above your limit of 5\u00a0000\u00a0€.",
        "Päivi Approver can approve it.",
    ):
        assert words in waiting.text
    assert "Approve order" not in waiting.text
    assert "Waits for an approver" in orderer.get("/").text
    seen = approver.http.get(waiting.url, timeout=10).text
    assert "Olli Orderer may not order this amount alone." in seen
    assert "Approve order" in seen
    approved = approve(approver, waiting.url)
    assert (approved.history[0].status_code, approved.url) == (302, waiting.url)
    for words in ("is placed.", "<dd>Päivi Approver</dd>"):
        assert words in approved.text
    assert "waits" not in approved.text
    assert approve(approver, waiting.url).status_code == 200
    lines = [line for line in company.shop.journal("orders") if "approves" in line]
    assert [line["by"] for line in lines if waiting.url.endswith(f"/{line['approves']}")] == [
        "Päivi Approver"
    ]


def test_order_without_a_possible_approver_is_refused(company: Company) -> None:
    orderer = company.orderer()
    company.person(APPROVE, name="Small Limit", approve="5099")
    company.person(APPROVE, name="Other Site", at=cast.OULU, approve="10000")
    refused = order(orderer)
    assert refused.status_code == 422
    assert "is above your limit of 5\u00a0000\u00a0€. Nothing was ordered." in refused.text


def test_approval_needs_the_entitlement_with_its_limit_and_site(company: Company) -> None:
    orderer = company.orderer()
    company.person(APPROVE, name="Päivi Approver", approve="10000")
    waiting = order(orderer).url
    others = {
        "You may not approve your own order.": orderer,
        "You may not approve orders for this site.": company.person(PLACE, name="No Approver"),
        "is above your limit of": company.person(APPROVE, name="Small Limit", approve="5099"),
    }
    for sentence, person in others.items():
        answer = approve(person, waiting)
        assert answer.status_code == 403
        assert sentence in answer.text
    stranger = Company(company.op, company.shop, cast.POHJOLA).person(APPROVE, name="Stranger")
    assert approve(stranger, waiting).status_code == 404
    assert "waits for an approver." in orderer.http.get(waiting, timeout=10).text


def test_own_order_of_an_approver_above_the_limit_waits_for_another(company: Company) -> None:
    first = company.person(PLACE, APPROVE, name="First Approver", place="100", approve="10000")
    assert order(first).status_code == 422
    company.person(APPROVE, name="Second Approver", approve="10000")
    waiting = order(first)
    assert "Second Approver can approve it." in waiting.text
    assert approve(first, waiting.url).status_code == 403


def test_waiting_order_of_a_removed_person_is_not_approved(company: Company) -> None:
    orderer = company.orderer()
    approver = company.person(APPROVE, name="Päivi Approver", approve="10000")
    waiting = order(orderer).url
    person = f"/Users/{orderer.http.headers['X-Id']}"
    assert company.shop.scim("PATCH", person, cast.set_to("active", value=False)).ok
    answer = approve(approver, waiting)
    assert answer.status_code == 403
    assert "Olli Orderer may no longer order." in answer.text


def test_orders_and_approvals_survive_a_restart(
    op: fake_provider.FakeProvider, own_shop: demo_services.Service
) -> None:
    company = Company(op, own_shop, cast.KOSKELA)
    orderer = company.orderer()
    approver = company.person(APPROVE, name="Päivi Approver", approve="10000")
    approved, waiting = order(orderer).url, order(orderer, "5200").url
    approve(approver, approved)
    own_shop.kill()
    own_shop.start()
    assert "<dd>Päivi Approver</dd>" in orderer.http.get(approved, timeout=10).text
    assert "waits for an approver." in orderer.http.get(waiting, timeout=10).text
