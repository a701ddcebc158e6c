"""The order form: what SCIM says at that moment decides, whatever the sign-in record once."""

import concurrent.futures
import datetime as dt
import decimal
import pathlib
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from demo.ordering import orders, rules
from tests.demo import cast
from tests.fixtures import demo_services, fake_provider

SignInWith = Callable[..., demo_services.ServiceBrowser]
PLACE = "ordering:orders.place"


@pytest.fixture
def sign_in_with(op: fake_provider.FakeProvider, shop: demo_services.Service) -> SignInWith:
    """Return a function that signs a new person in with these grants and limits."""

    def sign_in(*, of: cast.ScimRecord = cast.KOSKELA, **record: Any) -> demo_services.ServiceBrowser:
        sub = cast.new_sub()
        answer = shop.scim("POST", "/Users", cast.user(sub, **{"organizations": [of], **record}))
        assert answer.status_code == 201, answer.text
        service_browser = demo_services.ServiceBrowser(shop)
        service_browser.sign_in(op, cast.claims(sub, of=of))
        service_browser.http.headers["X-Sub"] = sub
        return service_browser

    return sign_in


def resource_of(service_browser: demo_services.ServiceBrowser) -> str:
    sub = str(service_browser.http.headers["X-Sub"])
    asked = f"/Users?filter=externalId%20eq%20%22{sub}%22"
    return str(service_browser.service.scim("GET", asked).json()["Resources"][0]["id"])


def orders_of(service_browser: demo_services.ServiceBrowser) -> list[str]:
    lines = service_browser.service.journal("orders")
    return [line["amount"] for line in lines if line["sub"] == service_browser.http.headers["X-Sub"]]


@pytest.fixture
def orderer(sign_in_with: SignInWith) -> demo_services.ServiceBrowser:
    grants, limits = cast.orderer()
    return sign_in_with(grants=grants, limits=limits)


def test_order_within_the_limit_is_placed(orderer: demo_services.ServiceBrowser) -> None:
    page = orderer.send("/order", amount="4900", site="site-tampere", reference="Roof")
    assert page.status_code == 200
    for words in ("is placed.", "4\u00a0900\u00a0€", "Tampere", "Roof"):
        assert words in page.text
    assert orders_of(orderer) == ["4900"]
    assert "4\u00a0900\u00a0€" in orderer.get("/").text


def test_order_above_the_limit_is_refused_with_both_amounts(orderer: demo_services.ServiceBrowser) -> None:
    page = orderer.send("/order", amount="5 100", site="site-tampere", reference="Roof & <b>")
    assert page.status_code == 422
    assert "5\u00a0100\u00a0€ is above your limit of 5\u00a0000\u00a0€. Nothing was ordered." in page.text
    assert 'value="5 100"' in page.text
    assert 'value="Roof &amp; &lt;b&gt;"' in page.text
    assert orders_of(orderer) == []


def test_order_of_exactly_the_limit_is_placed(orderer: demo_services.ServiceBrowser) -> None:
    assert orderer.send("/order", amount="5000.01", site="site-tampere").status_code == 422
    assert orderer.send("/order", amount="5000.00", site="site-tampere").status_code == 200


def test_order_for_another_site_is_refused(
    orderer: demo_services.ServiceBrowser, sign_in_with: SignInWith
) -> None:
    sign_in_with(grants=[cast.grant(PLACE, at=cast.OULU)])
    form = orderer.get("/order").text
    assert '<option value="site-tampere">' in form
    assert "site-oulu" not in form
    page = orderer.send("/order", amount="10", site="site-oulu")
    assert page.status_code == 422
    assert "You may order for Tampere only. Nothing was ordered." in page.text
    assert orderer.send("/order", amount="10", site="nowhere").status_code == 422
    assert orders_of(orderer) == []


def test_order_with_all_sites_is_placed_for_known_sites_only(
    orderer: demo_services.ServiceBrowser, sign_in_with: SignInWith
) -> None:
    everywhere = sign_in_with(grants=[cast.grant(PLACE)])
    assert everywhere.send("/order", amount="9999999", site="site-tampere").status_code == 200
    page = everywhere.send("/order", amount="10", site="nowhere")
    assert "Choose a site of your organization. Nothing was ordered." in page.text


def test_order_limit_of_a_site_replaces_the_general_limit(sign_in_with: SignInWith) -> None:
    service_browser = sign_in_with(
        grants=[cast.grant(PLACE), cast.grant(PLACE, at=cast.TAMPERE)],
        limits=[cast.limit("100"), cast.limit("5000", at=cast.TAMPERE)],
    )
    sign_in_with(grants=[cast.grant(PLACE, at=cast.OULU)])
    assert service_browser.send("/order", amount="4900", site="site-tampere").status_code == 200
    assert service_browser.send("/order", amount="4900", site="site-oulu").status_code == 422
    assert service_browser.send("/order", amount="100", site="site-oulu").status_code == 200


def test_order_without_the_entitlement_is_refused(sign_in_with: SignInWith) -> None:
    service_browser = sign_in_with(grants=[cast.grant("ordering:orders.see", role="viewer")])
    page = service_browser.send("/order", amount="10", site="site-tampere")
    assert "You may not place orders here. Nothing was ordered." in page.text
    assert orders_of(service_browser) == []


@pytest.mark.parametrize(
    ("interval", "status"),
    [
        ({"from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}, 200),
        ({"from": "2099-01-01T00:00:00Z"}, 422),
        ({"until": "2020-01-01T00:00:00Z"}, 422),
    ],
)
def test_order_outside_the_interval_of_the_assignment_is_refused(
    sign_in_with: SignInWith, interval: dict[str, Any], status: int
) -> None:
    service_browser = sign_in_with(grants=[cast.grant(PLACE, at=cast.TAMPERE, **interval)])
    assert service_browser.send("/order", amount="10", site="site-tampere").status_code == status


def test_order_with_an_assignment_of_another_organization_is_refused(sign_in_with: SignInWith) -> None:
    service_browser = sign_in_with(
        organizations=[cast.KOSKELA, cast.POHJOLA],
        grants=[cast.grant(PLACE, at=cast.TAMPERE, of=cast.POHJOLA)],
    )
    assert service_browser.send("/order", amount="10", site="site-tampere").status_code == 422


def test_order_after_a_change_by_scim_follows_the_new_rights(orderer: demo_services.ServiceBrowser) -> None:
    resource = resource_of(orderer)
    lowered = [cast.limit("50", at=cast.TAMPERE)]
    orderer.service.scim("PATCH", f"/Users/{resource}", cast.set_to(f"{cast.EXTENSION}:limits", lowered))
    assert orderer.send("/order", amount="51", site="site-tampere").status_code == 422
    orderer.service.scim(
        "PATCH",
        f"/Users/{resource}",
        {"schemas": [cast.PATCH], "Operations": [{"op": "remove", "path": f"{cast.EXTENSION}:grants"}]},
    )
    assert orderer.send("/order", amount="1", site="site-tampere").status_code == 422


INACTIVE = [
    cast.set_to("active", value=False),
    cast.set_to(f"{cast.EXTENSION}:organizations", [{**cast.KOSKELA, "active": False}]),
    cast.set_to(f"{cast.EXTENSION}:organizations", [{**cast.POHJOLA, "active": True}]),
    None,
]


@pytest.mark.parametrize("change", INACTIVE, ids=["person", "organization", "not named", "deleted"])
def test_session_of_an_inactive_or_deleted_record_is_ended(
    orderer: demo_services.ServiceBrowser, change: cast.ScimRecord | None
) -> None:
    form = orderer.get("/order").text
    resource = resource_of(orderer)
    method = "PATCH" if change else "DELETE"
    assert orderer.service.scim(method, f"/Users/{resource}", change).ok
    order = {
        "csrf": demo_services.first_match(demo_services.CSRF, form),
        "once": demo_services.first_match(demo_services.ONCE, form),
        "amount": "10",
        "site": "site-tampere",
    }
    page = orderer.http.post(orderer.service.url + "/order", data=order, timeout=10)
    assert page.status_code == 401
    assert "You are signed out." in page.text
    assert "Your access for Rakennusliike Koskela Oy has ended" in page.text
    assert not orderer.signed_in
    assert orders_of(orderer) == []


def test_reactivated_record_requires_a_new_sign_in(
    op: fake_provider.FakeProvider, orderer: demo_services.ServiceBrowser
) -> None:
    resource = resource_of(orderer)
    orderer.service.scim("PATCH", f"/Users/{resource}", cast.set_to("active", value=False))
    assert not orderer.signed_in
    orderer.service.scim("PATCH", f"/Users/{resource}", cast.set_to("active", value=True))
    assert not orderer.signed_in
    orderer.sign_in(op, cast.claims(str(orderer.http.headers["X-Sub"])))
    assert orderer.signed_in


def test_end_of_one_organization_keeps_the_session_of_the_other(
    op: fake_provider.FakeProvider, sign_in_with: SignInWith
) -> None:
    both = sign_in_with(
        organizations=[cast.KOSKELA, cast.POHJOLA],
        grants=[cast.grant(PLACE, at=cast.TAMPERE), cast.grant(PLACE, at=cast.OULU, of=cast.POHJOLA)],
    )
    second = demo_services.ServiceBrowser(both.service)
    second.sign_in(op, cast.claims(str(both.http.headers["X-Sub"]), of=cast.POHJOLA))
    ended = [{**cast.KOSKELA, "active": False}, {**cast.POHJOLA, "active": True}]
    change = cast.set_to(f"{cast.EXTENSION}:organizations", ended)
    both.service.scim("PATCH", f"/Users/{resource_of(both)}", change)
    assert not both.signed_in
    assert second.send("/order", amount="10", site="site-oulu").status_code == 200


def test_order_above_the_rest_of_a_monthly_limit_is_refused(sign_in_with: SignInWith) -> None:
    service_browser = sign_in_with(
        grants=[cast.grant(PLACE, at=cast.TAMPERE)],
        limits=[cast.limit("500", at=cast.TAMPERE), cast.limit("900", period="month")],
    )
    assert service_browser.send("/order", amount="500", site="site-tampere").status_code == 200
    page = service_browser.send("/order", amount="401", site="site-tampere")
    assert "401\u00a0€ on top of 500\u00a0€ is above your limit of 900\u00a0€ per month." in page.text
    assert service_browser.send("/order", amount="400", site="site-tampere").status_code == 200


def test_concurrent_orders_stay_within_a_daily_limit(sign_in_with: SignInWith) -> None:
    service_browser = sign_in_with(
        grants=[cast.grant(PLACE, at=cast.TAMPERE)], limits=[cast.limit("900", period="day")]
    )
    csrf = demo_services.first_match(demo_services.CSRF, service_browser.get("/order").text)
    cookie = {"Cookie": f"kh_ordering={service_browser.http.cookies['kh_ordering']}"}

    def order(number: int) -> int:
        fields = {"csrf": csrf, "once": str(number), "amount": "300", "site": "site-tampere"}
        address = service_browser.service.url + "/order"
        return requests.post(
            address, data=fields, headers=cookie, timeout=10, allow_redirects=False
        ).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(order, range(12)))
    assert answers == [302] * 3 + [422] * 9
    assert orders_of(service_browser) == ["300"] * 3


def test_concurrent_orders_are_judged_one_after_another(tmp_path: pathlib.Path) -> None:
    kept = orders.Orders(tmp_path / "orders.jsonl")
    what = {"organization": "o", "sub": "s", "by": "A", "site": "", "site_name": "", "reference": ""}

    def first_only() -> str:
        before = len(kept.by_organization("o"))
        time.sleep(0.1)  # long enough for another to slip in
        if before:
            raise rules.Refused("One is enough.")
        return ""

    def place(number: int) -> bool:
        try:
            kept.place(judge=first_only, once=str(number), amount=decimal.Decimal(1), currency="EUR", **what)
        except rules.Refused:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(place, range(4))) == [False, False, False, True]


def test_order_form_sent_twice_places_one_order(orderer: demo_services.ServiceBrowser) -> None:
    page = orderer.get("/order").text
    fields = {
        "csrf": demo_services.first_match(demo_services.CSRF, page),
        "once": demo_services.first_match(demo_services.ONCE, page),
        "amount": "10",
        "site": "site-tampere",
    }
    pages = [orderer.http.post(orderer.service.url + "/order", data=fields, timeout=10) for _ in range(2)]
    assert pages[0].url == pages[1].url
    assert orders_of(orderer) == ["10"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", ""),
        ("amount", "0"),
        ("amount", "-5"),
        ("amount", "ten"),
        ("amount", "1e3"),
        ("amount", "٣"),
        ("amount", "9" * 400),
        ("amount", "1\x00"),
        ("amount", "1.999"),
        ("site", "\x00"),
        ("site", "s" * 300),
        ("reference", "\x00\x1b"),
        ("reference", "r" * 300),
    ],
)
def test_order_form_with_invalid_input_names_the_field(
    orderer: demo_services.ServiceBrowser, field: str, value: str
) -> None:
    typed = {"amount": "10", "site": "site-tampere", "reference": "kept as typed", field: value}
    page = orderer.send("/order", **typed)
    assert page.status_code == 422
    assert f'id="{field}-wrong"' in page.text
    assert "Error: New order" in page.text
    if field != "reference":
        assert 'value="kept as typed"' in page.text
    assert orders_of(orderer) == []


def test_order_form_without_a_valid_token_is_refused(orderer: demo_services.ServiceBrowser) -> None:
    fields = {"csrf": "guessed", "once": "x", "amount": "10", "site": "site-tampere"}
    page = orderer.http.post(orderer.service.url + "/order", data=fields, timeout=10)
    assert page.status_code == 403
    assert orders_of(orderer) == []


def test_order_is_visible_in_its_organization_with_the_entitlement_only(
    sign_in_with: SignInWith, orderer: demo_services.ServiceBrowser
) -> None:
    number = orderer.send("/order", amount="77.70", site="site-tampere").url.rpartition("/")[2]
    colleague = sign_in_with(grants=[cast.grant("ordering:orders.see")])
    without = sign_in_with(grants=[cast.grant(PLACE)])
    stranger = sign_in_with(of=cast.POHJOLA, grants=[cast.grant("ordering:orders.see", of=cast.POHJOLA)])
    assert "77.70" in colleague.get(f"/orders/{number}").text
    for service_browser in (without, stranger):
        assert service_browser.get(f"/orders/{number}").status_code == 404
        assert f">{number}<" not in service_browser.get("/").text


def test_people_page_lists_the_own_organization_only(
    sign_in_with: SignInWith, orderer: demo_services.ServiceBrowser
) -> None:
    gone = sign_in_with(name="Gone Virtanen")
    stranger = sign_in_with(
        of=cast.POHJOLA, name="Stranger Sähkö", grants=[cast.grant(PLACE, of=cast.POHJOLA)]
    )
    gone.service.scim("PATCH", f"/Users/{resource_of(gone)}", cast.set_to("active", value=False))
    page = orderer.get("/people?q=virtanen").text
    assert "Gone Virtanen" in page
    assert "inactive" in page
    assert "Stranger" not in orderer.get("/people?q=stranger").text.replace('value="stranger"', "")
    assert "Stranger Sähkö" in stranger.get("/people").text
    own = orderer.get(f"/people?q={orderer.http.headers['X-Sub']}").text
    for words in ("orderer", "5\u00a0000\u00a0€ per order", "Tampere", "active"):
        assert words in own


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 60, "²", "1000"])
def test_people_page_with_an_invalid_page_number_opens(
    orderer: demo_services.ServiceBrowser, page: str
) -> None:
    assert orderer.get("/people", params={"page": page}).status_code == 200


@pytest.mark.parametrize(
    ("period", "begins"),
    [
        ("day", dt.datetime(2026, 8, 20, tzinfo=dt.UTC)),
        ("week", dt.datetime(2026, 8, 17, tzinfo=dt.UTC)),
        ("month", dt.datetime(2026, 8, 1, tzinfo=dt.UTC)),
        ("quarter", dt.datetime(2026, 7, 1, tzinfo=dt.UTC)),
        ("year", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
    ],
)
def test_period_begins_at_the_documented_instant(period: str, begins: dt.datetime) -> None:
    assert orders.begin(period, dt.datetime(2026, 8, 20, 13, 37, 5, tzinfo=dt.UTC)) == begins


def test_people_page_shows_sites_and_limits_of_each_tier(
    sign_in_with: SignInWith, orderer: demo_services.ServiceBrowser
) -> None:
    approver = "ordering:orders.approve"
    service_browser = sign_in_with(
        grants=[
            cast.grant("crm:tickets.create"),
            cast.grant(PLACE, at=cast.TAMPERE),
            cast.grant(approver, role="approver", at=cast.OULU),
        ],
        limits=[cast.limit("100", at=cast.TAMPERE), cast.limit("900", entitlement=approver, at=cast.OULU)],
    )
    page = orderer.get(f"/people?q={service_browser.http.headers['X-Sub']}").text
    assert "orderer, approver" in page
    assert "orderer: Tampere; approver: Oulu" in page
    assert "100\u00a0€ per order for Tampere; 900\u00a0€ per order for Oulu" in page
