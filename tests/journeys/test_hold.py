"""Ordering is put on hold for a customer while a colleague has the order form open, and is lifted again."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from demo.runner import Demo
from tests.fixtures import browsing
from tests.journeys import people
from tests.journeys.people import Person

pytestmark = pytest.mark.timeout(600)
HOLDS = "/staff/organizations/kiinteistot/holds/"
"""Another journey removes Mikko from Koskela, and leaves him here."""
WHAT = "order in the web shop"
WITHIN_MS = 15_000


def place(maarja: Person) -> None:
    maarja.go(f"{HOLDS}place")
    page = maarja.page
    page.get_by_label("What stops?").select_option(WHAT)
    page.get_by_label("Overdue invoices").check()
    page.get_by_role("button", name="Preview hold…").click()
    page.get_by_role("button", name="Place the hold").click()
    expect(page.get_by_role("status")).to_have_text(f"The hold is placed: {WHAT}.")


def lift(maarja: Person) -> None:
    maarja.go(HOLDS)
    maarja.page.get_by_role("link", name=re.compile("^Lift…")).click()
    maarja.page.get_by_role("button", name="Lift the hold").click()
    expect(maarja.page.get_by_role("status")).to_have_text(f"The hold is lifted: {WHAT}.")


def order(shop: Page, amount: str) -> None:
    shop.get_by_label("Amount").fill(amount)
    shop.get_by_label("Site").select_option(label="Tampere")
    shop.get_by_role("button", name="Place the order").click()


def test_hold_stops_the_open_shop_page_within_seconds_and_its_end_gives_ordering_back(
    demo: Demo, new_person: Callable[[], Person]
) -> None:
    maarja, mikko = new_person(), new_person()
    maarja.sign_in_as_staff("Maarja Kuusk")
    mikko.sign_in(**people.sample(demo, "mikko.laine@koskela.example"))
    mikko.go("/o/kiinteistot/")
    shop = mikko.page
    shop.get_by_role("link", name=re.compile("^Web shop|^Verkkokauppa")).click()
    shop.get_by_role("link", name="New order").last.click()
    shop.get_by_label("Amount").fill("321")
    changed = shop.get_by_text("What you may do here has changed.")
    expect(changed).to_be_hidden()

    place(maarja)
    expect(changed).to_be_visible(timeout=WITHIN_MS)
    order(shop, "321")
    expect(shop.get_by_role("alert")).to_contain_text("You may not place orders here. Nothing was ordered.")
    expect(shop.get_by_role("link", name="Open Kivisalo to see why")).to_be_visible()
    browsing.check_width(shop, "shop-on-hold")
    shop.get_by_role("link", name="Overview").click()
    expect(shop.get_by_role("heading", name=re.compile("^Good to see you"))).to_be_visible()
    expect(shop.get_by_text("See invoices").or_(shop.get_by_text("See the orders")).first).to_be_visible()
    expect(shop.get_by_text("Place orders")).to_be_hidden()
    expect(shop.get_by_text("321 €")).to_be_hidden()
    other = mikko.context.new_page()
    other.goto(f"{mikko.portal}/o/kiinteistot/")
    expect(other.get_by_text("on hold").first).to_be_visible()
    browsing.check_width(other, "home-on-hold")

    lift(maarja)
    expect(changed).to_be_visible(timeout=WITHIN_MS)
    shop.get_by_role("link", name="Reload this page").click()
    shop.get_by_role("link", name="New order").last.click()
    order(shop, "321")
    expect(shop.get_by_text("321 €").first).to_be_visible()
