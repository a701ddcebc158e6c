"""The reader's own access and browser sessions."""

import datetime as dt
import re

import pytest

from audit.foundation import clock
from identity.sessions.models import Session
from portal.web.my.context import MyAccessPage
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, page_messages, page_model, visible_text
from tests.fixtures.world import World, move_clock_to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("at_noon")
def test_my_access_page_shows_rights_and_browsers(world: World) -> None:
    other, browser = signed_in.browser(world.mikko), signed_in.browser(world.mikko)
    agents = {
        other: "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0",
        browser: "Mozilla/5.0 (iPhone) Safari/604.1",
    }
    for client, agent in agents.items():
        Session.objects.filter(session_key=signed_in.session_of(client).stored_key()).update(agent=agent)
    move_clock_to(clock.now() + dt.timedelta(minutes=1))
    other.get(f"{KOSKELA}/me")
    text = visible_text(browser.get(f"{KOSKELA}/me"))
    assert "Order in the web shop, up to 5 000 € an order" in text
    assert re.search(
        r"Safari on iPhone This browser signed in today [0-9:]+ · active today [0-9:]+ Sign out : Safari on iPhone "
        r"Firefox on Windows signed in today [0-9:]+ · active today [0-9:]+ Sign out : Firefox on Windows",
        text,
    )
    assert "Sign out everywhere" in text


def test_sign_out_of_one_or_all_browsers_ends_their_sessions(world: World) -> None:
    other, browser = signed_in.browser(world.mikko), signed_in.browser(world.mikko)
    page = page_model(browser.get(f"{KOSKELA}/me"), MyAccessPage)
    assert [row.is_current for row in page.sessions] == [True, False]
    assert page.sessions[0].id == signed_in.session_of(browser).stored_key()
    done = browser.post(page.sessions_url, {"session": page.sessions[1].id}, follow=True)
    assert page_messages(done) == ["The session is signed out."]
    assert not other.is_signed_in
    assert browser.is_signed_in
    assert browser.post(page.sessions_url, {"session": "all"})["Location"] == "/account/login/"
    assert not browser.is_signed_in


def test_sign_out_of_another_person_s_session_is_not_found(world: World) -> None:
    other = signed_in.browser(world.aino)
    browser = signed_in.browser(world.mikko)
    key = signed_in.session_of(other).stored_key()
    assert browser.post(f"{KOSKELA}/me/sessions", {"session": key}).status_code == 404
    assert other.is_signed_in


def test_my_access_page_of_an_admin_begins_with_the_managed_people(world: World) -> None:
    page = page_model(signed_in.browser(world.sami).get(f"{KOSKELA}/me"), MyAccessPage)
    assert page.lead.startswith("You manage access for 1 person.")
    rights = [(right.text, right.where) for right in page.rights]
    expected = [
        ("View people and their access", "Oulu"),
        ("Invite people", "Oulu"),
        ("Remove people", "Oulu"),
        ("Assign these tiers: Viewer, Orderer and Approver", "Oulu"),
    ]
    assert [row for row in rights if row in expected] == expected
    orderer = page_model(signed_in.browser(world.mikko).get(f"{KOSKELA}/me"), MyAccessPage)
    assert "Invite people" not in {right.text for right in orderer.rights}


@pytest.mark.parametrize(
    ("opened", "page"), [(f"{KOSKELA}/me/sessions", f"{KOSKELA}/me"), ("/language", "/")]
)
def test_form_address_opened_without_a_form_leads_to_its_page(world: World, opened: str, page: str) -> None:
    browser = signed_in.browser(world.mikko)
    answer = browser.get(opened)
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert browser.is_signed_in
