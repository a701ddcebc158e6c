"""The organization that a person of two is in: asked for once, remembered, and kept by every page that has none."""

import pytest
from django.conf import settings
from django.utils.crypto import salted_hmac

from portal.web.home.choice import OrganizationChoicePage
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, page_model, visible_text
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

POHJOLA = "/o/pohjola"
SECURITY = "/account/security/"


def test_first_sign_in_of_a_person_of_two_organizations_asks_which_one_to_open(world: World) -> None:
    browser = BrowserClient().sign_in(world.mikko.user)
    page = page_model(browser.get("/"), OrganizationChoicePage)
    assert [one.url for one in page.organizations] == [f"{POHJOLA}/", f"{KOSKELA}/"]
    assert page.signed_in_as == "Mikko Laine"
    text = visible_text(browser.get("/"))
    assert "Choose an organization" in text
    assert "Sign in as another person" in text


def test_chosen_organization_is_remembered_in_this_browser_beyond_the_session(world: World) -> None:
    browser = BrowserClient().sign_in(world.mikko.user)
    browser.get(f"{KOSKELA}/")
    assert browser.get("/")["Location"] == f"{KOSKELA}/"
    browser.post("/account/logout/")
    browser.sign_in_again(world.mikko.user)
    assert browser.get("/")["Location"] == f"{KOSKELA}/"
    page_model(signed_in.browser(world.mikko).get("/"), OrganizationChoicePage)


def test_switcher_changes_the_remembered_organization(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    first = browser.get(f"{KOSKELA}/")
    assert f'href="{POHJOLA}/"' in first.content.decode()
    browser.get(f"{POHJOLA}/me")
    assert browser.get("/")["Location"] == f"{POHJOLA}/"


def test_person_of_one_organization_is_not_asked_and_gets_no_cookie(world: World) -> None:
    browser = signed_in.browser(world.olli)
    assert browser.get("/")["Location"] == f"{KOSKELA}/"
    browser.get(f"{KOSKELA}/")
    assert settings.ORGANIZATION_COOKIE_NAME not in browser.cookies


def test_cookie_of_another_person_or_of_a_foreign_organization_counts_for_nothing(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    for user, organization in [(world.aino.user_id, world.koskela.id), (world.mikko.user_id, world.aino.id)]:
        value = salted_hmac(
            "keyholder.organization", f"{user} {organization}", algorithm="sha256"
        ).hexdigest()
        browser.cookies[settings.ORGANIZATION_COOKIE_NAME] = value
        page_model(browser.get("/"), OrganizationChoicePage)


def test_page_in_another_tab_that_asks_by_itself_does_not_change_the_organization(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    browser.get(f"{KOSKELA}/")
    browser.get(f"{POHJOLA}/", headers={"HX-Request": "true"})
    assert browser.get("/")["Location"] == f"{KOSKELA}/"


@pytest.mark.parametrize(
    "path", [SECURITY, "/nothing-here", f"{POHJOLA}x/people", "/account/password/change/"]
)
def test_page_of_no_organization_stays_in_the_current_one(world: World, path: str) -> None:
    browser = signed_in.browser(world.mikko)
    browser.get(f"{KOSKELA}/")
    shell = browser.get(path).context["shell"]
    assert shell["organization"]["name"] == "Rakennusliike Koskela Oy"
    assert shell["links"]["home"] == f"{KOSKELA}/"
    assert {entry["url"] for entry in shell["nav"]} == {f"{KOSKELA}/", f"{KOSKELA}/me", f"{KOSKELA}/admins"}


def test_security_page_belongs_to_the_organization_whose_menu_opened_it(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    opened = browser.get(f"{KOSKELA}/").context["shell"]["links"]["security"]
    browser.get(f"{POHJOLA}/")
    page = browser.get(opened)
    assert page.context["shell"]["organization"]["name"] == "Rakennusliike Koskela Oy"
    assert browser.get(page.context["back_url"])["Location"] == f"{KOSKELA}/"


def test_security_page_opened_by_the_menu_forgets_where_another_organization_led_from(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    session = browser.session
    session["keyholder.next"] = f"{POHJOLA}/me"
    session.save()
    assert browser.get(SECURITY).context["continue_url"] == f"{POHJOLA}/me"
    page = browser.get(f"{SECURITY}?organization=koskela")
    assert (page.context["continue_url"], page.context["back_url"]) == ("", "/")


def test_page_before_a_choice_offers_it_in_the_top_bar(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    page = browser.get(SECURITY)
    assert "organization" not in page.context["shell"]
    assert page.context["shell"]["nav"] == []
    assert "Choose an organization" in visible_text(page)


@pytest.mark.parametrize("query", ["?organization=pohjola", "?organization=nonsense", "?organization="])
def test_organization_that_a_person_does_not_belong_to_is_not_taken_from_an_address(
    world: World, query: str
) -> None:
    browser = signed_in.browser(world.olli)
    page = browser.get(f"{SECURITY}{query}")
    assert page.context["shell"]["organization"]["name"] == "Rakennusliike Koskela Oy"
    assert settings.ORGANIZATION_COOKIE_NAME not in browser.cookies


def test_accepted_invitation_leads_to_the_organization_that_was_joined(world: World) -> None:
    browser = signed_in.browser(world.olli)
    _, link = world.invite(world.pohjola, world.olli.user.email, world.access("viewer"))
    browser.get(f"{KOSKELA}/")
    accepted = browser.post(f"/invitations/{link}")
    assert accepted["Location"] == f"{POHJOLA}/"


def test_sign_in_form_sent_while_another_person_is_signed_in_asks_who_continues(world: World) -> None:
    browser = signed_in.browser(world.olli)
    sent = {"login": world.vilma.user.email, "password": "wrong", "next": f"{KOSKELA}/me"}
    answer = browser.post("/account/login/", sent)
    assert answer["Location"] == "/account/login/?another_person=1&next=%2Fo%2Fkoskela%2Fme"
    page = browser.get(answer["Location"])
    assert "You are signed in as Olli Mäkinen." in visible_text(page)
    assert page.context["continue_url"] == f"{KOSKELA}/me"
    out = browser.post("/account/logout/", {"next": page.context["next_url"]})
    assert out["Location"] == "/account/login/?next=%2Fo%2Fkoskela%2Fme"
    assert not browser.is_signed_in
    assert browser.sign_in(world.vilma.user, to=f"{KOSKELA}/me").is_signed_in


def test_old_sign_in_page_in_another_tab_asks_who_continues(world: World) -> None:
    browser = signed_in.browser(world.olli)
    browser.handler.enforce_csrf_checks = True
    sent = {"login": world.vilma.user.email, "password": "wrong", "next": "https://elsewhere.example/"}
    answer = browser.post("/account/login/", sent, headers={"Origin": settings.ISSUER})
    assert answer["Location"] == "/account/login/?another_person=1"
    foreign = browser.post("/account/login/", sent, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403


def test_cookie_of_one_person_does_not_choose_for_another_of_the_same_organizations(world: World) -> None:
    world.member(world.pohjola, "Aino Virtanen", "viewer", user=world.aino.user)
    first = signed_in.browser(world.mikko)
    first.get(f"{KOSKELA}/")
    second = signed_in.browser(world.aino)
    name = settings.ORGANIZATION_COOKIE_NAME
    second.cookies[name] = first.cookies[name].value
    page_model(second.get("/"), OrganizationChoicePage)
