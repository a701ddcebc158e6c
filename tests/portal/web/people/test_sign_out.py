"""An admin signs out a colleague on the pages: what the pages say, and what a browser that goes on must prove."""

import re

import pytest

from audit.models import Event
from identity.sessions.models import SignIn
from portal.shell.sign_out_page import SignOutPage
from portal.web.people.detail_context import PersonPage
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures.browser_client import BrowserClient, code_of, forget_last_code
from tests.fixtures.pages import KOSKELA, page_messages, page_model, person_path, visible_text
from tests.fixtures.world import PASSWORD, World

pytestmark = pytest.mark.django_db(transaction=True)

POHJOLA = "/o/pohjola"
KEY = {"idempotency_key": "0190"}


def use_web_shop(browser: BrowserClient, organization: str) -> str:
    """Sign in to the web shop and return the id of the sign-in."""
    oidc_browser.code(browser, organization=organization)
    return str(SignIn.objects.latest("started_at").id)


@pytest.mark.usefixtures("at_noon")
def test_sign_out_page_names_the_ending_and_the_remaining_sessions_in_one_further_step(world: World) -> None:
    use_web_shop(signed_in.browser(world.olli), "koskela")
    admin = signed_in.browser(world.aino)
    person = page_model(admin.get(person_path(world.olli)), PersonPage)
    assert person.sign_out_url == person_path(world.olli, "sign-out")
    answer = admin.get(person.sign_out_url)
    page = page_model(answer, SignOutPage)
    assert page.title == page.button == "Sign out Olli Mäkinen"
    assert page.sub == "from Rakennusliike Koskela Oy. Nothing has happened yet."
    assert [ending.text for ending in page.endings] == [
        "A browser",
        "Pages of Rakennusliike Koskela Oy at Kivisalo",
    ]
    assert page.endings[0].sub.startswith("Web shop · active today")
    assert page.endings[1].sub == "Olli Mäkinen must sign in again to open them"
    assert "sessions for other organizations. Olli Mäkinen can sign in again." in visible_text(answer)
    done = admin.post(page.sign_out_url, page.fields, follow=True)
    assert page_messages(done) == ["Olli Mäkinen is signed out."]
    assert "signed Olli Mäkinen out" in visible_text(done)
    assert SignIn.objects.filter(ended_at=None).count() == 0


def test_sign_out_page_is_the_same_for_a_person_of_two_organizations(world: World) -> None:
    """The page must not show that a colleague belongs to another organization."""
    admin = signed_in.browser(world.aino)
    texts = [visible_text(admin.get(person_path(member, "sign-out"))) for member in (world.mikko, world.olli)]
    assert texts[0].replace("Mikko Laine", "*") == texts[1].replace("Olli Mäkinen", "*")


def test_one_session_is_ended_from_its_row(world: World) -> None:
    first, second = (use_web_shop(signed_in.browser(world.olli), "koskela") for _ in range(2))
    admin = signed_in.browser(world.aino)
    path = f"{person_path(world.olli, 'sign-out')}?session={first}"
    assert f'href="{path}"' in admin.get(person_path(world.olli)).content.decode()
    page = page_model(admin.get(path), SignOutPage)
    assert (page.title, page.fields["session"]) == ("Sign out Olli Mäkinen of one browser", first)
    assert len(page.endings) == 2
    admin.post(page.sign_out_url, page.fields, follow=True)
    assert [str(row.id) for row in SignIn.objects.filter(ended_at=None)] == [second]
    late = admin.get(path, follow=True)
    assert page_messages(late) == ["That session has already ended."]
    again = admin.post(page.sign_out_url, {"idempotency_key": "0191"} | {"session": first}, follow=True)
    assert page_messages(again) == ["That session has already ended."]


@pytest.mark.parametrize("sent", ["nonsense", "all", "00000000-0000-0000-0000-000000000000"])
def test_unknown_session_ends_nothing(world: World, sent: str) -> None:
    use_web_shop(signed_in.browser(world.olli), "koskela")
    admin = signed_in.browser(world.aino)
    assert admin.post(person_path(world.olli, "sign-out"), KEY | {"session": sent}).status_code == 404
    assert SignIn.objects.filter(ended_at=None).count() == 1


@pytest.mark.parametrize(
    ("reader", "member", "status"),
    [("vilma", "olli", 404), ("sami", "mikko", 404), ("ulla", "aino", 403), ("stina", "olli", 404)],
)
def test_reader_without_the_right_has_no_button_and_is_refused(
    world: World, reader: str, member: str, status: int
) -> None:
    browser, who = signed_in.browser(getattr(world, reader)), getattr(world, member)
    for response in (
        browser.get(person_path(who, "sign-out")),
        browser.post(person_path(who, "sign-out"), KEY),
    ):
        assert response.status_code == status
    if status == 403:
        assert page_model(browser.get(person_path(who)), PersonPage).sign_out_url == ""
    assert not Event.objects.filter(verb="member.sign_out", outcome="done").exists()


def test_own_page_leads_to_the_own_sign_out_only(world: World) -> None:
    admin = signed_in.browser(world.aino)
    assert page_model(admin.get(person_path(world.aino)), PersonPage).sign_out_url == ""
    assert admin.post(person_path(world.aino, "sign-out"), KEY).status_code == 403


def prove_again(browser: BrowserClient, world: World, answer: object) -> None:
    """Prove password and code on the pages to which this answer leads."""
    location = str(answer["Location"])  # type: ignore[index]
    assert location.startswith("/account/reauthenticate/?next=")
    browser.post(location, {"password": PASSWORD})
    forget_last_code(world.mikko.user)
    browser.post("/account/security/confirm/", {"code": code_of(world.mikko.user)})


@pytest.mark.parametrize("ended", ["one session", "all"])
def test_browser_that_goes_on_for_another_organization_proves_its_person_again(
    world: World, ended: str
) -> None:
    browser, other = signed_in.browser(world.mikko), signed_in.browser(world.mikko)
    sid = use_web_shop(browser, "koskela")
    admin = signed_in.browser(world.aino)
    admin.post(
        person_path(world.mikko, "sign-out"), KEY | ({"session": sid} if ended == "one session" else {})
    )
    assert browser.get(f"{POHJOLA}/").status_code == 200
    assert "code" in oidc_browser.response_parameters(oidc_browser.authorize(browser, organization="pohjola"))
    silent = oidc_browser.authorize(browser, organization="koskela", prompt="none")
    assert oidc_browser.response_parameters(silent)["error"] == "login_required"
    shop = oidc_browser.authorize(browser, organization="koskela")
    assert shop["Location"].startswith("/account/reauthenticate/?next=")
    assert other.get(f"{KOSKELA}/").status_code == (200 if ended == "one session" else 302)
    poll = browser.get(
        f"{KOSKELA}/", headers={"HX-Request": "true", "HX-Current-URL": f"http://localhost{KOSKELA}/"}
    )
    assert poll.headers["HX-Redirect"].startswith("/account/reauthenticate/")
    prove_again(browser, world, browser.get(f"{KOSKELA}/"))
    assert browser.get(f"{KOSKELA}/").status_code == 200
    assert "code" in oidc_browser.response_parameters(oidc_browser.authorize(browser, organization="koskela"))


def test_password_alone_does_not_open_the_organization_again(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    signed_in.browser(world.aino).post(person_path(world.mikko, "sign-out"), KEY)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    assert browser.get(f"{KOSKELA}/")["Location"].startswith("/account/security/confirm/")


def test_person_of_one_organization_is_signed_out_of_every_browser(world: World) -> None:
    browsers = [signed_in.browser(world.olli) for _ in range(2)]
    use_web_shop(browsers[0], "koskela")
    signed_in.browser(world.aino).post(person_path(world.olli, "sign-out"), KEY)
    assert [browser.is_signed_in for browser in browsers] == [False, False]
    assert signed_in.browser(world.olli).get(f"{KOSKELA}/").status_code == 200


def test_session_list_of_a_colleague_without_rights_over_them_has_no_links(world: World) -> None:
    use_web_shop(signed_in.browser(world.aino), "koskela")
    page = signed_in.browser(world.ulla).get(person_path(world.aino)).content.decode()
    assert re.search("Active sessions", page)
    assert "sign-out?session=" not in page


@pytest.mark.parametrize("key", ["", "not-a-key", "x" * 65])
def test_form_without_the_key_of_the_page_ends_nothing(world: World, key: str) -> None:
    use_web_shop(signed_in.browser(world.olli), "koskela")
    admin = signed_in.browser(world.aino)
    sent = {"idempotency_key": key}
    assert admin.post(person_path(world.olli, "sign-out"), sent).status_code == 404
    assert SignIn.objects.filter(ended_at=None).count() == 1
