"""What a visitor who is not signed in can store: nothing but the challenge of a passkey, for a short time."""

import datetime as dt

import pytest
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from audit.foundation import clock
from identity.sessions.models import Session
from identity.sessions.store import SessionStore
from portal.http import message_storage
from tests.fixtures import signed_in, url_map
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.url_map import PortalWithData
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

ASKS = {"X-Requested-With": "XMLHttpRequest"}
# A challenge must be remembered for its answer, and the link of a reset mail must leave the address of the page.
STORING = {"mfa_login_webauthn", "account_reset_password_from_key"}


def test_page_asked_by_a_stranger_stores_no_session(world: World) -> None:
    portal = PortalWithData(world)
    places = {each.name: portal.place(each).path for each in url_map.addresses()}
    Session.objects.filter(user=None).delete()  # of a visitor who has given the right password
    storing = set()
    # A reported takeover ends the links of its person: last.
    for name, path in sorted(places.items(), key=lambda place: place[0] == "account_not_me"):
        for ask in ("get", "post"):
            getattr(BrowserClient(), ask)(path, headers=ASKS)
            BrowserClient().get(path)
            if Session.objects.filter(user=None).exists():
                storing.add(name)
                Session.objects.filter(user=None).delete()
    assert storing == STORING
    assert len(places) > 50


def test_refused_passkey_of_a_stranger_is_shown_once_and_stored_in_no_session(world: World) -> None:
    browser = BrowserClient()
    for _ in range(3):
        browser.post(reverse("mfa_login_webauthn"), {"credential": "{}"})
    assert not Session.objects.exists()
    shown = browser.get(reverse("account_login"))
    assert [str(message) for message in shown.context["messages"]] != []
    assert settings.MESSAGE_COOKIE_NAME in browser.cookies
    assert list(browser.get(reverse("account_login")).context["messages"]) == []


def test_session_of_a_visitor_ends_after_a_quarter_of_an_hour(world: World) -> None:
    before = clock.wall()
    BrowserClient().get(reverse("mfa_login_webauthn"), headers=ASKS)
    end = Session.objects.get().expire_date
    quarter = dt.timedelta(minutes=15)
    assert before + quarter <= end <= clock.wall() + quarter


def test_session_of_a_visitor_removes_two_expired_ones(world: World) -> None:
    for _ in range(3):
        SessionStore().create()
    store = signed_in.browser(world.aino)
    Session.objects.filter(user=None).update(expire_date=clock.wall() - dt.timedelta(seconds=1))
    visitor = SessionStore()
    visitor.create()
    assert Session.objects.filter(user=None).count() == 2
    assert Session.objects.filter(pk=visitor.stored_key()).exists()
    assert store.get("/o/koskela/").status_code == 200


@pytest.mark.parametrize(("length", "left"), [(10, message_storage.MOST), (1000, 4), (5000, 0)])
def test_messages_of_a_signed_in_person_are_limited_in_number_and_length(
    world: World, length: int, left: int
) -> None:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.session["_auth_user_id"] = "1"
    storage = message_storage.MessageStorage(request)
    for number in range(30):
        storage.add(messages.INFO, f"{number:02}".ljust(length, "x"))
    storage.update(HttpResponse())
    again = message_storage.MessageStorage(request)
    assert [str(each)[:2] for each in again] == [f"{number}" for number in range(30 - left, 30)]
