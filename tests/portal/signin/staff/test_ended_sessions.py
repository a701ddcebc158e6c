"""A browser whose staff session has ended says why on the page before the sign-in; a stranger's says nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from audit.foundation import clock
from identity.staff import sessions
from tests.fixtures import staff_provider
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.fake_provider import FakeProvider
from tests.fixtures.pages import visible_text
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
HOME, SIGN_IN = "/staff/", "/staff/sign-in/"
SENTENCES = {
    "provider": "The company’s sign-in service ended your session on the staff pages.",
    "idle": "you did not use the staff pages for 30 minutes",
    "absolute": "a session on the staff pages lasts 8 hours at most",
    "limits": "it lasts 8 hours at most, and 30 minutes without use",
}


def leave_the_company(browser: BrowserClient, op: FakeProvider) -> None:
    token = op.logout_token(client_id="keyholder", sub="staff-1")
    assert BrowserClient().post("/staff/backchannel-logout", {"logout_token": token}).status_code == 200


def wait_half_an_hour(browser: BrowserClient, op: FakeProvider) -> None:
    move_clock(31 * 60)


def wait_until_the_row_is_cleared(browser: BrowserClient, op: FakeProvider) -> None:
    move_clock(31 * 60)
    sessions.clear_expired(at=clock.now())


ENDINGS: dict[str, Callable[[BrowserClient, FakeProvider], None]] = {
    "provider": leave_the_company,
    "idle": wait_half_an_hour,
    "limits": wait_until_the_row_is_cleared,
}


def next_click(browser: BrowserClient) -> Any:
    answer = browser.get(HOME)
    assert answer.status_code == 302
    return answer["Location"]


def sentences_on(browser: BrowserClient, page: str) -> list[str]:
    text = visible_text(browser.get(page))
    return [name for name, sentence in SENTENCES.items() if sentence in text]


@pytest.mark.parametrize("ending", ENDINGS)
def test_next_click_after_the_end_of_a_staff_session_says_why(
    world: World, op: FakeProvider, ending: str
) -> None:
    browser = staff_provider.signed_in(op)
    ENDINGS[ending](browser, op)
    page = next_click(browser)
    assert sentences_on(browser, page) == [ending]
    assert "Sam Salonen" not in visible_text(browser.get(page))
    assert next_click(browser) == SIGN_IN, "it is said once"


def test_leaver_of_a_directory_without_back_channel_logout_is_out_at_the_absolute_limit(
    world: World, op: FakeProvider
) -> None:
    browser, other = staff_provider.signed_in(op), BrowserClient()
    op.person = {**staff_provider.SAM, "groups": []}
    assert "None of your groups has a role here" in visible_text(staff_provider.come_back(other, op))
    assert next_click(other) == SIGN_IN
    for minutes in range(25, 8 * 60, 25):
        move_clock(minutes * 60)
        assert browser.get(HOME).status_code == 200
    move_clock(8 * 3600 + 1)
    assert sentences_on(browser, next_click(browser)) == ["absolute"]
    assert next_click(browser) == SIGN_IN


@pytest.mark.parametrize("cookie", ["kh-staff", "kh-staff-user"])
def test_browser_with_one_cookie_alone_or_another_user_s_learns_nothing(
    world: World, op: FakeProvider, cookie: str
) -> None:
    browser, stranger = staff_provider.signed_in(op), BrowserClient()
    stranger.cookies[cookie] = browser.cookies[cookie].value
    leave_the_company(browser, op)
    assert next_click(stranger) == SIGN_IN
    assert sentences_on(stranger, f"{SIGN_IN}?ended=nothing") == []
    forged = BrowserClient()
    forged.cookies["kh-staff"] = "khf_x_made-up"
    forged.cookies["kh-staff-user"] = browser.cookies["kh-staff-user"].value
    assert next_click(forged) == SIGN_IN
