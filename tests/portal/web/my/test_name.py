"""The form by which people change their own names, and where the new name is shown."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from audit.models import Event
from identity.people.models import User
from portal.signin.customers import limits
from portal.web.my.context import MyAccessPage
from portal.web.my.renaming import MyNamePage
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, page_messages, page_model, visible_text
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

FORM = f"{KOSKELA}/me/name"


def test_my_access_page_leads_to_the_form_with_the_present_name(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    page = page_model(browser.get(f"{KOSKELA}/me"), MyAccessPage)
    assert (page.facts.name, page.facts.email, page.name_url) == (
        "Mikko Laine",
        "mikko@koskela.example",
        FORM,
    )
    form = page_model(browser.get(page.name_url), MyNamePage)
    assert form.form["name"].value() == "Mikko Laine"
    assert (form.save_url, form.back_url) == (FORM, f"{KOSKELA}/me")


def test_new_name_is_shown_to_both_organizations_and_in_the_log(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    done = browser.post(FORM, {"name": "Mikko Äimä"}, follow=True)
    assert done.redirect_chain == [(f"{KOSKELA}/me", 302)]
    assert page_messages(done) == ["Your name is changed."]
    assert page_model(done, MyAccessPage).facts.name == "Mikko Äimä"
    for organization, admin in (("koskela", world.aino), ("pohjola", world.tiina)):
        reader = signed_in.browser(admin)
        found = visible_text(reader.get(f"/o/{organization}/people?q=aima"))
        assert "Mikko Äimä" in found
        assert "Mikko Laine" not in found
        assert "Mikko Laine is now called Mikko Äimä" in visible_text(
            reader.get(f"/o/{organization}/activity")
        )
    crowd = visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/people"))
    assert crowd.index("Vilma Salo") > crowd.index("Mikko Äimä"), "lists sort by the first letters"


def test_open_invitation_names_its_sender_by_the_new_name(world: World) -> None:
    _, link = world.invite(
        world.koskela, "ida@koskela.example", world.access("viewer"), actor=actor_of(world.ulla)
    )
    signed_in.browser(world.ulla).post(FORM, {"name": "Ulla Aalto"})
    text = visible_text(BrowserClient().get(reverse("invitation_accept", kwargs={"token": link})))
    assert "Ulla Aalto invites you." in text
    assert "Nieminen" not in text


def test_services_get_the_new_name_in_tokens_and_userinfo(world: World) -> None:
    before = oidc_browser.tokens(world, world.olli)
    signed_in.browser(world.olli).post(FORM, {"name": "Olli Äimä"})
    assert oidc_browser.userinfo(before["access_token"]).json()["name"] == "Olli Äimä"
    after = oidc_browser.tokens(world, world.olli)
    assert oidc_browser.verified(after["id_token"])["name"] == "Olli Äimä"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "Enter your name."),
        ("…", "Enter your name."),
        ("www.evil.example", "A name cannot contain a web address or an e-mail address."),
        ("Mikko \u202eenial", "This contains characters that are not allowed."),
        ("x" * 201, "This is too long."),
    ],
)
def test_text_that_is_no_name_stays_in_the_form_with_its_error(world: World, name: str, error: str) -> None:
    answer = signed_in.browser(world.mikko).post(FORM, {"name": name})
    page = page_model(answer, MyNamePage)
    assert page.form.errors == {"name": [error]}
    assert page.form["name"].value() == name
    assert User.objects.get(id=world.mikko.user_id).name == "Mikko Laine"


def test_present_name_sent_again_changes_nothing(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    for _ in range(limits.RENAME.amount + 1):
        done = browser.post(FORM, {"name": " Mikko  Laine"}, follow=True)
        assert page_messages(done) == ["Nothing was changed: this is your name already."]
    assert not Event.objects.filter(verb="person.rename").exists()


def test_form_sent_twice_changes_the_name_once(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    key = page_model(browser.get(FORM), MyNamePage).form["idempotency_key"].value()
    for _ in range(limits.RENAME.amount + 1):
        done = browser.post(FORM, {"name": "Mikko Äimä", "idempotency_key": key}, follow=True)
        assert page_messages(done) == ["Your name is changed."]
    assert Event.objects.filter(verb="person.rename").count() == 1


def test_name_is_changed_five_times_a_day_at_most(world: World) -> None:
    cache.clear()
    browser = signed_in.browser(world.mikko)
    for number in range(limits.RENAME.amount):
        assert browser.post(FORM, {"name": f"Mikko {number}"}).status_code == 302
    refused = page_model(browser.post(FORM, {"name": "Mikko Viimeinen"}), MyNamePage)
    (error,) = refused.form.errors["name"]
    assert str(error).startswith(
        "You changed your name several times within a day. Nothing was changed. Try again in"
    )
    assert User.objects.get(id=world.mikko.user_id).name == "Mikko 4"
    assert signed_in.browser(world.olli).post(FORM, {"name": "Olli Uusi"}).status_code == 302
