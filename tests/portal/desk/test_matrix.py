"""Every address of the desk for every role, for the wrong business unit, for customers and for strangers."""

import itertools

import pytest
from django.conf import settings
from django.urls import get_resolver, reverse

from delegation.authorization.staff_roles import StaffRole
from tests.fixtures import signed_in, staff_url_map, url_map
from tests.fixtures.browser_client import BrowserClient, with_cookie
from tests.fixtures.staff_desk import Desk
from tests.fixtures.staff_url_map import DESK, StaffAddress

pytestmark = pytest.mark.django_db(transaction=True)
URLS = "portal.staff_urls"


def path(desk: Desk, name: str, address: StaffAddress, **other: str) -> str:
    return reverse(name, urlconf=URLS, kwargs={**address.path_arguments(desk), **other}) + address.query


def names() -> set[str]:
    return {one.name for one in url_map.addresses_of(get_resolver(URLS)) if one.name.startswith("staff_")}


def test_every_staff_address_has_a_row() -> None:
    assert names() - staff_url_map.OUTSIDE == set(DESK)


@pytest.mark.parametrize("role", StaffRole)
def test_page_opens_for_the_roles_of_its_row_and_no_other(desk: Desk, role: str) -> None:
    browser = desk.browser(role)
    found = {
        name for name, address in DESK.items() if browser.get(path(desk, name, address)).status_code == 200
    }
    assert found == {name for name, address in DESK.items() if role in address.roles}
    for name, address in DESK.items():
        if role not in address.roles:
            assert browser.get(path(desk, name, address)).status_code in {403, 404}, name
            posted = browser.post(path(desk, name, address)).status_code
            assert posted in ({403, 404} if address.posts else {405}), name


@pytest.mark.parametrize("role", StaffRole)
def test_address_takes_a_post_where_its_row_says_so(desk: Desk, role: str) -> None:
    browser = desk.browser(role)
    posted = {
        name: browser.post(path(desk, name, address)).status_code
        for name, address in DESK.items()
        if role in address.roles
    }
    assert {name for name, status in posted.items() if status != 405} == {
        name for name, address in DESK.items() if role in address.roles and address.posts
    }


def test_customer_of_another_unit_is_not_found_as_an_unknown_one(desk: Desk) -> None:
    for name, address in DESK.items():
        if "organization" not in address.arguments:
            continue
        for role, method in itertools.product(address.roles, ["get", "post"] if address.posts else ["get"]):
            call = getattr(desk.browser(role, unit=desk.staff.eesti), method)
            foreign, unknown = (
                call(path(desk, name, address)),
                call(path(desk, name, address, organization="no-such-customer")),
            )
            assert (foreign.status_code, unknown.status_code) == (404, 404), (name, role, method)
            assert b"Koskela" not in foreign.content


def test_staff_member_without_a_right_opens_the_first_page_alone(desk: Desk) -> None:
    browser = desk.signed_in(desk.staff.otso, "support")
    found = {
        name for name, address in DESK.items() if browser.get(path(desk, name, address)).status_code == 200
    }
    assert found == {"staff_home"}


def test_customers_and_strangers_are_led_to_the_sign_in_of_staff(desk: Desk) -> None:
    aino = signed_in.browser(desk.world.aino)
    session = str(aino.cookies[settings.SESSION_COOKIE_NAME].value)
    cookies = [with_cookie(settings.STAFF_COOKIE_NAME, value) for value in (session, "khf_x", "")]
    for browser, method in itertools.product([BrowserClient(), aino, *cookies], ["get", "post"]):
        for name, address in DESK.items():
            answer = getattr(browser, method)(path(desk, name, address))
            assert (answer.status_code, answer["Location"]) == (302, "/staff/sign-in/"), (name, method)
            assert b"Aino Virtanen" not in answer.content
    assert aino.is_signed_in  # and it goes on
