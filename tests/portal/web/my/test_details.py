"""The form by which people change their own names and work phones, and where these are shown."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from audit.foundation.errors import Busy
from audit.models import Event
from delegation.people.commands import details
from identity.people.models import User
from portal.signin.customers import rate_limits
from portal.web.my.context import MyAccessPage
from portal.web.my.details import MyDetailsPage
from portal.web.people.detail_context import PersonPage
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, page_messages, page_model, person_path, visible_text
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

FORM = f"{KOSKELA}/me/details"


def test_my_access_page_leads_to_the_form_with_the_present_name(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    page = page_model(browser.get(f"{KOSKELA}/me"), MyAccessPage)
    assert (page.facts.name, page.facts.email, page.details_url) == (
        "Mikko Laine",
        "mikko@koskela.example",
        FORM,
    )
    form = page_model(browser.get(page.details_url), MyDetailsPage)
    assert form.form["name"].value() == "Mikko Laine"
    assert (form.save_url, form.back_url) == (FORM, f"{KOSKELA}/me")


def test_new_name_is_shown_to_both_organizations_and_in_the_log(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    done = browser.post(FORM, {"name": "Mikko Äimä"}, follow=True)
    assert done.redirect_chain == [(f"{KOSKELA}/me", 302)]
    assert page_messages(done) == ["Your details are changed."]
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
    page = page_model(answer, MyDetailsPage)
    assert page.form.errors == {"name": [error]}
    assert page.form["name"].value() == name
    assert User.objects.get(id=world.mikko.user_id).name == "Mikko Laine"


@pytest.mark.usefixtures("at_the_start_of_a_window")
def test_present_name_sent_again_changes_nothing(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    for _ in range(rate_limits.OWN_DETAILS.amount + 1):
        done = browser.post(FORM, {"name": " Mikko  Laine"}, follow=True)
        assert page_messages(done) == ["Nothing was changed: these are your details already."]
    assert not Event.objects.filter(verb="person.update").exists()


@pytest.mark.usefixtures("at_the_start_of_a_window")
def test_form_sent_twice_changes_the_name_once(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    key = page_model(browser.get(FORM), MyDetailsPage).form["idempotency_key"].value()
    for _ in range(rate_limits.OWN_DETAILS.amount + 1):
        done = browser.post(FORM, {"name": "Mikko Äimä", "idempotency_key": key}, follow=True)
        assert page_messages(done) == ["Your details are changed."]
    assert Event.objects.filter(verb="person.update").count() == 1


@pytest.mark.usefixtures("at_the_start_of_a_window")
def test_name_is_changed_five_times_a_day_at_most(world: World) -> None:
    cache.clear()
    browser = signed_in.browser(world.mikko)
    for number in range(rate_limits.OWN_DETAILS.amount):
        assert browser.post(FORM, {"name": f"Mikko {number}"}).status_code == 302
    refused = page_model(browser.post(FORM, {"name": "Mikko Viimeinen"}), MyDetailsPage)
    (error,) = refused.form.errors["__all__"]
    assert str(error).startswith(
        "You changed your details several times within a day. Nothing was changed. Try again in"
    )
    assert User.objects.get(id=world.mikko.user_id).name == "Mikko 4"
    assert signed_in.browser(world.olli).post(FORM, {"name": "Olli Uusi"}).status_code == 302


@pytest.mark.usefixtures("at_the_start_of_a_window")
def test_change_that_found_the_log_busy_does_not_count(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    browser = signed_in.browser(world.mikko)

    def be_busy(**arguments: object) -> None:
        raise Busy(seconds=1)

    with monkeypatch.context() as busy:
        busy.setattr(details, "change", be_busy)
        for _ in range(rate_limits.OWN_DETAILS.amount + 1):
            assert browser.post(FORM, {"name": "Mikko Uusi"}).status_code == 503
    assert browser.post(FORM, {"name": "Mikko Uusi"}).status_code == 302


def test_phone_is_shown_to_the_person_and_to_admins_of_each_organization(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    sent = {"name": "Mikko Laine", "phone": "+358 40 123 4567"}
    done = browser.post(FORM, sent, follow=True)
    assert page_model(done, MyAccessPage).facts.phone == "+358401234567"
    for admin, member in ((world.aino, world.mikko), (world.tiina, world.mikko_at_pohjola)):
        path = f"/o/{member.organization.key}/people/{member.id}"
        text = visible_text(signed_in.browser(admin).get(path))
        assert "Work phone +358401234567" in text
        assert "Mikko Laine changed their details Work phone: +358401234567" in text
    assert signed_in.browser(world.olli).get(person_path(world.mikko)).status_code == 404
    world.remove(world.mikko_at_pohjola, by=world.tiina)
    former = signed_in.browser(world.tiina).get(f"/o/pohjola/people/{world.mikko_at_pohjola.id}")
    assert page_model(former, PersonPage).facts.phone == ""
    page = page_model(browser.get(FORM), MyDetailsPage)
    assert page.form["phone"].value() == "+358401234567"
    browser.post(FORM, {"name": "Mikko Laine", "phone": ""})
    assert User.objects.get(id=world.mikko.user_id).phone == ""


@pytest.mark.parametrize(
    ("phone", "error"),
    [
        ("040 123 4567", "Enter the number with its country code, like +358 40 123 4567."),
        ("call me", "Enter the number with its country code, like +358 40 123 4567."),
        ("1" * 41, "This is too long."),
    ],
)
def test_text_that_is_no_phone_stays_in_the_form_with_its_error(world: World, phone: str, error: str) -> None:
    answer = signed_in.browser(world.mikko).post(FORM, {"name": "Mikko Uusi", "phone": phone})
    page = page_model(answer, MyDetailsPage)
    assert page.form.errors == {"phone": [error]}
    assert page.form["phone"].value() == phone
    assert User.objects.get(id=world.mikko.user_id).name == "Mikko Laine"
