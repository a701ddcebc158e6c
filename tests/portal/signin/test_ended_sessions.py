"""A browser whose session has ended says why, on the sign-in page; each reason has its own true sentence."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.core import signing

from delegation.people.commands import members, self_service
from identity.sessions.models import Session, SignIn
from portal.oidc import metadata
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, visible_text
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = f"{KOSKELA}/people"
LOGIN = f"/account/login/?next={KOSKELA.replace('/', '%2F')}%2Fpeople"
SENTENCES = {
    "removed": r"Your access to Rakennusliike Koskela Oy ended on",
    "by_admin": r"An admin of Rakennusliike Koskela Oy signed you out on",
    "everywhere": r"because you signed out everywhere",
    "other_browser": r"from your other browser",
    "password": r"because your password was changed",
    "idle": r"because you did not use this page for an hour",
    "expired": r"Your session has expired",
}


def remove(world: World) -> None:
    world.remove(world.olli, by=world.aino)


def sign_out_by_admin(world: World) -> None:
    members.sign_out(actor=actor_of(world.aino), membership=world.olli)


def sign_out_one_by_admin(world: World) -> None:
    sign_in = SignIn.objects.get(ended_at=None)
    members.sign_out(actor=actor_of(world.aino), membership=world.olli, sign_in=sign_in.id)


def sign_out_everywhere(world: World) -> None:
    self_service.sign_out(actor=actor_of(world.olli), person=world.olli.user)


def sign_out_from_another_browser(world: World) -> None:
    key = Session.objects.get(user=world.olli.user).session_key
    self_service.sign_out(actor=actor_of(world.olli), person=world.olli.user, session=key)


def change_password(world: World) -> None:
    other = signed_in.browser(world.olli)
    done = other.post(
        "/account/password/change/",
        {"oldpassword": "correct horse battery staple 7", "password1": "violet lamps on water"},
    )
    assert done.status_code == 302


def wait_an_hour(world: World) -> None:
    move_clock(3700)


def wait_a_day(world: World) -> None:
    move_clock(13 * 3600)


ENDINGS: dict[str, tuple[Callable[[World], None], str]] = {
    "removed": (remove, "removed"),
    "signed out by an admin": (sign_out_by_admin, "by_admin"),
    "one session ended by an admin": (sign_out_one_by_admin, "by_admin"),
    "signed out everywhere": (sign_out_everywhere, "everywhere"),
    "signed out from another browser": (sign_out_from_another_browser, "other_browser"),
    "password changed": (change_password, "password"),
    "idle": (wait_an_hour, "idle"),
    "limit reached": (wait_a_day, "expired"),
}


@pytest.fixture
def open_page(world: World) -> BrowserClient:
    """A browser in which Olli has signed in by the pages and uses the web shop."""
    browser = BrowserClient().sign_in(world.olli.user)
    oidc_browser.code(browser)
    return browser


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("by", ["click", "poll"])
def test_ended_session_says_why_on_the_sign_in_page(
    world: World, open_page: BrowserClient, ending: str, by: str
) -> None:
    end, reason = ENDINGS[ending]
    end(world)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{PEOPLE}"} if by == "poll" else {}
    answer = open_page.get(PEOPLE, headers=headers)
    location = answer.headers["HX-Redirect"] if by == "poll" else answer["Location"]
    assert location == LOGIN
    text = visible_text(open_page.get(location))
    assert [name for name, sentence in SENTENCES.items() if sentence in text] == [reason]
    assert "Aino Virtanen" not in text, "an admin's name is for those who may see it"


def test_sentence_of_a_removal_has_the_time_of_the_organization_and_names_the_contacts(
    world: World, open_page: BrowserClient
) -> None:
    remove(world)
    text = visible_text(open_page.get(open_page.get(PEOPLE)["Location"]))
    assert "If this is a mistake, ask an admin of Rakennusliike Koskela Oy or customer service." in text
    assert " UTC." not in text


def test_authorization_request_of_an_ended_session_says_why_too(
    world: World, open_page: BrowserClient
) -> None:
    remove(world)
    answer = oidc_browser.authorize(open_page)
    assert SENTENCES["removed"] in visible_text(open_page.get(answer["Location"]))


def test_sign_in_page_opened_directly_with_an_ended_session_says_why(
    world: World, open_page: BrowserClient
) -> None:
    remove(world)
    assert SENTENCES["removed"] in visible_text(open_page.get("/account/login/"))


def test_session_that_proved_too_little_ends_and_says_so(world: World) -> None:
    browser = signed_in.browser(world.olli, strong=False)
    location = browser.get(PEOPLE)["Location"]
    assert location == LOGIN
    assert "your access requires a second sign-in method" in visible_text(browser.get(location))
    assert browser.get(PEOPLE)["Location"] == LOGIN


def test_reason_is_gone_after_the_next_sign_in(world: World, open_page: BrowserClient) -> None:
    sign_out_by_admin(world)
    open_page.get(PEOPLE)
    open_page.sign_in_again(world.olli.user)
    open_page.post("/account/logout/")
    text = visible_text(open_page.get("/account/login/"))
    assert [name for name, sentence in SENTENCES.items() if sentence in text] == []


def test_stranger_learns_nothing_from_a_made_up_or_stolen_cookie(
    world: World, open_page: BrowserClient
) -> None:
    secret = open_page.cookies[settings.SESSION_COOKIE_NAME].value
    device = open_page.cookies[settings.DEVICE_COOKIE_NAME].value
    remove(world)
    pairs = [("", device), ("a" * 32, device), (secret, ""), (secret, "made.up:signature")]
    for session_cookie, device_cookie in pairs:
        stranger = BrowserClient()
        if session_cookie:
            stranger.cookies[settings.SESSION_COOKIE_NAME] = session_cookie
        if device_cookie:
            stranger.cookies[settings.DEVICE_COOKIE_NAME] = device_cookie
        answer = stranger.get(PEOPLE)
        assert settings.ENDED_COOKIE_NAME not in answer.cookies
        text = visible_text(stranger.get(answer["Location"]))
        assert [name for name, sentence in SENTENCES.items() if sentence in text] == []


def test_made_up_reason_is_not_shown(world: World) -> None:
    stranger = BrowserClient()
    stranger.cookies[settings.ENDED_COOKIE_NAME] = "eyJyZWFzb24iOiJyZW1vdmVkIn0:1w:abc"
    text = visible_text(stranger.get("/account/login/"))
    assert [name for name, sentence in SENTENCES.items() if sentence in text] == []


@pytest.mark.parametrize(
    "values", [{}, {"at": "yesterday"}, {"at": "2026-01-01T00:00:00+00:00", "reason": "new"}, []]
)
def test_reason_of_another_version_is_not_shown(world: World, values: object) -> None:
    browser = BrowserClient()
    browser.cookies[settings.ENDED_COOKIE_NAME] = signing.dumps(values, salt="keyholder.ended", compress=True)
    answer = browser.get("/account/login/")
    text = visible_text(answer)
    assert answer.status_code == 200
    assert [name for name, sentence in SENTENCES.items() if sentence in text] == []


def test_colleague_in_the_same_browser_sees_the_end_of_their_own_session(
    world: World, open_page: BrowserClient
) -> None:
    """Both have signed in in this browser; the session that ended was the second person's."""
    open_page.post("/account/logout/")
    open_page.sign_in(world.vilma.user)
    remove(world)
    sign_out = members.sign_out(actor=actor_of(world.aino), membership=world.vilma)
    assert sign_out.result.sessions == 1
    text = visible_text(open_page.get(open_page.get(PEOPLE)["Location"]))
    assert SENTENCES["by_admin"] in text


def test_person_with_another_organization_sees_that_this_access_has_ended(world: World) -> None:
    browser = BrowserClient().sign_in(world.mikko.user)
    browser.get(f"{KOSKELA}/")
    world.remove(world.mikko, by=world.aino)
    page = browser.get(f"{KOSKELA}/me")
    assert page.status_code == 403
    text = visible_text(page)
    assert "Your access has ended" in text
    assert SENTENCES["removed"] in text
    assert "Aino Virtanen" not in text
    assert browser.get("/")["Location"] == "/o/pohjola/"
    poll = browser.get(
        f"{KOSKELA}/me", headers={"HX-Request": "true", "HX-Current-URL": f"http://localhost{KOSKELA}/me"}
    )
    assert poll.headers["HX-Redirect"] == f"{KOSKELA}/me"


def test_person_who_never_belonged_to_an_organization_sees_the_page_of_a_random_key(world: World) -> None:
    browser = signed_in.browser(world.stina)
    pages = [browser.get(path) for path in (f"{KOSKELA}/me", "/o/no-such-key/me")]
    assert [page.status_code for page in pages] == [404, 404]
    texts = [visible_text(page).split("Reference")[0] for page in pages]
    assert texts[0] == texts[1]


def test_kept_form_of_an_ended_session_leads_to_a_sign_in_page_that_says_why(
    world: World, open_page: BrowserClient
) -> None:
    sign_out_by_admin(world)
    kept = open_page.post(f"{KOSKELA}/me/sessions", {"session": "x"})
    assert kept.status_code == 419
    assert SENTENCES["by_admin"] in visible_text(open_page.get("/account/login/"))


def test_own_sign_out_shows_no_reason(world: World, open_page: BrowserClient) -> None:
    open_page.post("/account/logout/")
    text = visible_text(open_page.get("/account/login/"))
    assert [name for name, sentence in SENTENCES.items() if sentence in text] == []


def test_removed_person_of_last_organization_sees_the_last_one(world: World) -> None:
    browser = BrowserClient().sign_in(world.mikko.user)
    world.remove(world.mikko, by=world.aino)
    world.remove(world.mikko_at_pohjola, by=world.tiina)
    text = visible_text(browser.get(browser.get(f"{KOSKELA}/me")["Location"]))
    assert "Your access to Pohjolan Sähkö Oy ended on" in text


def sign_out_by_the_menu(browser: BrowserClient) -> None:
    browser.post("/account/logout/")


def sign_out_by_a_service(browser: BrowserClient) -> None:
    page = browser.get(metadata.LOGOUT)
    browser.post(page.context["action_url"], "", "application/x-www-form-urlencoded")


def sign_out_of_everything(browser: BrowserClient) -> None:
    browser.post(f"{KOSKELA}/me/sessions", {"session": "all"})


def sign_out_here(browser: BrowserClient) -> None:
    session = signed_in.session_of(browser)
    browser.post(f"{KOSKELA}/me/sessions", {"session": session.stored_key()})


HERE = (
    "You are signed out of this portal in this browser. Services that you opened from it are asked to sign you out "
    "too, if they support it. On a shared computer, check that they have."
)
SIGN_OUTS: dict[str, tuple[Callable[[BrowserClient], None], str]] = {
    "menu": (sign_out_by_the_menu, HERE),
    "service": (sign_out_by_a_service, HERE),
    "own session in the list": (sign_out_here, HERE),
    "everywhere": (sign_out_of_everything, SENTENCES["everywhere"]),
}


@pytest.mark.parametrize("sign_out", SIGN_OUTS)
def test_own_sign_out_says_what_has_ended_and_how_to_end_the_rest(
    open_page: BrowserClient, sign_out: str
) -> None:
    do, sentence = SIGN_OUTS[sign_out]
    do(open_page)
    assert not open_page.is_signed_in
    text = visible_text(open_page.get("/account/login/"))
    assert sentence in text
    assert ("“Sign out everywhere” on the page My access" in text) == (sentence == HERE)


def test_sign_out_without_a_session_says_nothing(world: World) -> None:
    browser = BrowserClient()
    for do in (sign_out_by_the_menu, lambda browser: browser.get(metadata.LOGOUT)):
        do(browser)
        assert "You are signed out" not in visible_text(browser.get("/account/login/"))
