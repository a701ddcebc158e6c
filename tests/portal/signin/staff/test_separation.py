"""Staff sessions and customers' sessions do not know each other, at any address."""

import uuid

import pytest
from django.conf import settings as django_settings
from django.urls import get_resolver, reverse

from identity.sessions.store import SessionStore
from portal import staff_urls, urls
from tests.fixtures import oidc_browser, signed_in, staff_url_map, url_map
from tests.fixtures.browser_client import BrowserClient, with_cookie
from tests.fixtures.fake_provider import FakeProvider
from tests.fixtures.staff_users import enrolled, opened
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
STAFF = "kh-staff"
SIGN_IN = {"staff_home", *staff_url_map.OUTSIDE}
"""Every address of the desk is opened by a customer and by a stranger in tests/portal/desk/test_matrix.py."""


def paths(world: World, address: url_map.Address) -> str:
    """Give an address with an organization that exists and ids that do not."""
    known = {"organization": world.koskela.key, "pk": "1", "uidb36": "a", "key": "a-b"}
    arguments = {name: known.get(name, str(uuid.UUID(int=7))) for name in address.arguments}
    return reverse(address.name, kwargs=arguments)


def test_staff_session_is_a_stranger_at_every_address_of_customers(world: World, op: FakeProvider) -> None:
    secret = opened(enrolled(), issuer=op.url)
    for address in url_map.addresses():
        path = paths(world, address)
        for method in ("get", "post"):
            for cookie in (STAFF, django_settings.SESSION_COOKIE_NAME):
                stranger = getattr(with_cookie(cookie, "khf_unknown"), method)(path)
                answer = getattr(with_cookie(cookie, secret), method)(path)
                same = (answer.status_code, answer.get("Location"))
                assert same == (stranger.status_code, stranger.get("Location")), (path, cookie)
                assert b"Sam Salonen" not in answer.content


def test_authorize_and_userinfo_know_no_staff_session(world: World, op: FakeProvider) -> None:
    secret = opened(enrolled(), issuer=op.url)
    for cookie in (STAFF, django_settings.SESSION_COOKIE_NAME):
        answer = oidc_browser.authorize(with_cookie(cookie, secret), prompt="none", client_id="ordering")
        assert oidc_browser.response_parameters(answer)["error"] == "login_required"
    assert oidc_browser.userinfo(secret).status_code == 401


def test_customers_session_is_a_stranger_at_every_staff_address(world: World, op: FakeProvider) -> None:
    aino = signed_in.browser(world.aino)
    session = str(aino.cookies[django_settings.SESSION_COOKIE_NAME].value)
    staff = [one for one in url_map.addresses_of(get_resolver("portal.staff_urls")) if one.name in SIGN_IN]
    assert len(staff) == 7
    for address in staff:
        for method in ("get", "post"):
            stranger = getattr(BrowserClient(), method)(f"/{address.route}")
            for browser in (aino, with_cookie(STAFF, session)):
                answer = getattr(browser, method)(f"/{address.route}")
                assert answer.status_code == stranger.status_code, address
                if address.name != "staff_start":
                    assert answer.get("Location") == stranger.get("Location"), address
                assert b"Aino Virtanen" not in answer.content
    assert aino.is_signed_in  # and it goes on


def test_staff_page_neither_reads_nor_ends_the_customers_session_of_the_browser(
    world: World, op: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in.browser(world.aino)
    browser.cookies[STAFF] = opened(enrolled(), issuer=op.url)

    def never(_store: SessionStore) -> None:
        raise AssertionError("the customers' session was loaded")

    with monkeypatch.context() as patch:
        patch.setattr(SessionStore, "load", never)
        answer = browser.get("/staff/")
        assert answer.status_code == 200
        assert "Sam Salonen" in answer.content.decode()
    assert django_settings.SESSION_COOKIE_NAME not in answer.cookies
    assert browser.is_signed_in


def test_every_staff_view_requires_a_session_unless_it_is_listed(world: World, op: FakeProvider) -> None:
    public = {
        "staff_sign_in",
        "staff_start",
        "staff_callback",
        "staff_backchannel_logout",
        "staff_break_glass",
    }
    for address in url_map.addresses_of(get_resolver("portal.staff_urls")):
        if address.name in SIGN_IN - public:
            for browser in (BrowserClient(), with_cookie(STAFF, "khf_x"), with_cookie(STAFF, "")):
                answer = browser.get(f"/{address.route}")
                assert (answer.status_code, answer["Location"]) == (302, "/staff/sign-in/")


def test_only_staff_addresses_begin_with_staff(world: World) -> None:
    assert [one.route for one in url_map.addresses() if one.route.startswith("staff")] == []
    names = {one.name for one in url_map.addresses_of(get_resolver("portal.staff_urls"))}
    assert {one.name for one in url_map.addresses()} < names
    assert staff_urls.urlpatterns[2:] == urls.urlpatterns
