"""A language that a person chooses is theirs in pages, mails, claims and systems; a stranger's is the browser's."""

from collections.abc import Callable
from typing import NoReturn

import pytest
from django.core.cache import cache

from audit.foundation.errors import Busy, DomainError
from audit.models import Event
from delegation.authorization.errors import Denied
from delegation.people.commands import details
from identity.people.models import User
from identity.sessions.models import Session
from portal.signin.customers import emails, rate_limits
from provisioning.mail.models import Mail
from tests.fixtures import oidc_browser, queued_mails, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, visible_text
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

MENU = "/language"
SAID = "Myös sinulle lähetettävät viestit"
TOO_MANY = "Vaihdoit kieltä monta kertaa vuorokauden aikana. Mitään ei muutettu."


@pytest.fixture
def one_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow one change a day."""
    cache.clear()
    limit = rate_limits.Limit("own-language", "changes", "person", 1, 24 * 3600)
    monkeypatch.setattr(rate_limits, "OWN_LANGUAGE", limit)


def refusal(error: DomainError) -> Callable[..., NoReturn]:
    def refuse(**more: object) -> NoReturn:
        raise error

    return refuse


def choose(browser: BrowserClient, language: str, back: str = f"{KOSKELA}/") -> None:
    assert browser.post(MENU, {"language": language, "next": back})["Location"] == back


def language_of(browser: BrowserClient, page: str = "/nowhere/") -> str:
    return str(browser.get(page)["Content-Language"])


def stored(world: World) -> str:
    return User.objects.get(id=world.mikko.user_id).language


def test_choice_of_a_person_is_used_by_another_browser_the_claim_and_mails(world: World) -> None:
    browser, other = signed_in.browser(world.mikko), signed_in.browser(world.mikko)
    choose(browser, "fi")
    assert SAID in visible_text(browser.get(f"{KOSKELA}/"))
    assert [language_of(one) for one in (browser, other)] == ["fi", "fi"]
    issued = oidc_browser.tokens(world, world.mikko, organization="koskela")
    assert oidc_browser.claims_of(issued["id_token"])["locale"] == "fi"
    assert oidc_browser.userinfo(issued["access_token"]).json()["locale"] == "fi"
    emails.queue_reset(to=world.mikko.user.email, url="/x", user=User.objects.get(id=world.mikko.user_id))
    assert "salasana" in queued_mails.text_of(Mail.objects.get())


def test_choice_is_an_event_in_each_organization_of_the_person_and_a_line_there(world: World) -> None:
    choose(signed_in.browser(world.mikko), "fi")
    events = Event.objects.filter(verb__in=("person.update", "member.update"))
    assert {event.organization for event in events} == {None, world.koskela.id, world.pohjola.id}
    line = visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/people/{world.mikko.id}"))
    assert "Mikko Laine changed their language Finnish" in line


def test_same_choice_again_is_no_event_and_no_message(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    choose(browser, "en")
    assert "Your language is changed" not in visible_text(browser.get(f"{KOSKELA}/"))
    assert not Event.objects.filter(verb="person.update").exists()


def test_language_of_the_person_wins_over_the_choice_of_another_in_the_same_browser(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    browser.cookies["kh-language"] = "fi"
    assert language_of(browser) == "en"


def test_choice_before_the_sign_in_becomes_that_of_the_person_who_signs_in(world: World) -> None:
    browser = BrowserClient()
    choose(browser, "fi", "/account/login/")
    assert (language_of(browser), stored(world)) == ("fi", "en")
    browser.sign_in(world.mikko.user)
    assert SAID in visible_text(browser.get(f"{KOSKELA}/")), "who signs in reads whose language was changed"
    assert (language_of(browser), stored(world)) == ("fi", "fi")
    assert browser.cookies["kh-language-choice"].value == ""


def test_choice_before_the_sign_in_waits_half_an_hour(world: World) -> None:
    browser = BrowserClient()
    choose(browser, "fi", "/account/login/")
    assert browser.cookies["kh-language-choice"]["max-age"] == 1800


def test_choice_that_finds_the_log_busy_becomes_the_persons_with_the_next_request(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = BrowserClient()
    choose(browser, "fi", "/account/login/")
    with monkeypatch.context() as patched:
        patched.setattr(details, "change_language", refusal(Busy()))
        browser.sign_in(world.mikko.user)
    assert (stored(world), browser.cookies["kh-language-choice"].value) == ("en", "fi")
    assert language_of(browser) == "en"
    assert (language_of(browser), stored(world)) == ("fi", "fi")


def test_choice_that_is_refused_at_the_sign_in_is_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = BrowserClient()
    choose(browser, "fi", "/account/login/")
    monkeypatch.setattr(details, "change_language", refusal(Denied()))
    browser.sign_in(world.mikko.user)
    assert (stored(world), browser.cookies["kh-language-choice"].value) == ("en", "")
    assert language_of(browser) == "en"


@pytest.mark.usefixtures("at_the_start_of_a_window", "one_change")
def test_choice_beyond_the_limit_at_the_sign_in_is_forgotten_and_the_page_says_so(world: World) -> None:
    choose(signed_in.browser(world.mikko), "fi")
    browser = BrowserClient()
    choose(browser, "en", "/account/login/")
    browser.sign_in(world.mikko.user)
    assert TOO_MANY in visible_text(browser.get(f"{KOSKELA}/"))
    assert browser.cookies["kh-language-choice"].value == ""
    assert (language_of(browser), stored(world)) == ("fi", "fi")


def test_choice_waits_for_a_page_that_a_person_opens(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    browser.cookies["kh-language-choice"] = "fi"
    browser.get(f"{KOSKELA}/", headers={"keyholder-poll": "1"})
    assert stored(world) == "en"
    browser.get(f"{KOSKELA}/")
    assert stored(world) == "fi"


def test_choice_in_the_menu_wins_over_a_choice_that_waits(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    browser.cookies["kh-language-choice"] = "fi"
    choose(browser, "en")
    assert (stored(world), browser.cookies["kh-language-choice"].value) == ("en", "")


def test_choice_of_a_person_is_not_given_to_the_next_in_the_same_browser(world: World) -> None:
    browser = BrowserClient().sign_in(world.aino.user)
    choose(browser, "fi")
    browser.post("/account/logout/")
    browser.sign_in(world.mikko.user)
    assert (language_of(browser), stored(world)) == ("en", "en")


def test_pages_after_a_session_speak_the_language_of_its_person(world: World) -> None:
    choose(signed_in.browser(world.mikko), "fi")
    browser = BrowserClient().sign_in(world.mikko.user)
    assert language_of(browser) == "fi"
    assert browser.cookies["kh-language"]["max-age"] == "", "it ends with the browser"
    Session.objects.all().delete()
    assert language_of(browser, "/account/login/") == "fi"


def test_choice_on_a_staff_page_is_not_that_of_a_customer_signed_in_beside_it(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    choose(browser, "fi", "/staff/")
    assert (stored(world), language_of(browser)) == ("en", "en")
    assert (browser.cookies["kh-language"].value, "kh-language-choice" in browser.cookies) == ("fi", False)


@pytest.mark.usefixtures("at_the_start_of_a_window", "one_change")
def test_choices_beyond_the_limit_change_nothing_and_the_page_says_so(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    choose(browser, "fi")
    choose(browser, "en")
    text = visible_text(browser.get(f"{KOSKELA}/"))
    assert TOO_MANY in text
    assert stored(world) == "fi"
