"""Removing people: the question, the removal, its progress and receipt."""

import re

import pytest

from audit.foundation import clock
from audit.models import Event
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership
from identity.sessions.models import Session
from portal.web.people.list_context import PeoplePage
from portal.web.people.receipt import ReceiptPage
from portal.web.people.removal_context import Ending, RemovalPage
from provisioning.accounts import progress
from tests.fixtures import service_users, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.deliveries import sign_in
from tests.fixtures.pages import KOSKELA, count_statements, page_model, person_path, visible_text
from tests.fixtures.signed_in import Answer
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = 22
"""Of the question, for any number of people."""


def remove(browser: BrowserClient, *members: Membership, key: str = "r1") -> str:
    """Send the form and give the address of the receipt."""
    form = {"m": [str(member.id) for member in members], "reason": "left", "idempotency_key": key}
    single = person_path(members[0], "remove") if len(members) == 1 else f"{KOSKELA}/people/remove"
    return browser.post(single, form)["Location"]


def restore(world: World, member: Membership) -> None:
    people_commands.restore(actor=actor_of(world.aino), memberships=[member], access=world.access("viewer"))


def receipt_page(browser: BrowserClient, url: str) -> ReceiptPage:
    return page_model(browser.get(url), ReceiptPage)


def question(browser: BrowserClient, *members: Membership) -> Answer:
    ids = "&".join(f"m={member.id}" for member in members)
    return browser.get(f"{KOSKELA}/people/remove?{ids}")


@pytest.fixture
def confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every system have confirmed."""
    monkeypatch.setattr(progress, "progress_of_act", lambda **_: progress.Progress(lines=[], planned=True))


def test_removal_page_asks_before_the_removal(world: World) -> None:
    text = visible_text(signed_in.browser(world.aino).get(person_path(world.mikko, "remove")))
    assert "Nothing has happened yet." in text
    assert "Is this the right Mikko Laine?" in text
    assert not Event.objects.filter(verb="member.remove").exists()


def test_removal_form_sent_twice_removes_once_and_shows_the_receipt(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = {"reason": "left", "note": "Retires", "idempotency_key": "d1"}
    first, second = (browser.post(person_path(world.mikko, "remove"), form) for _ in range(2))
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    page = receipt_page(browser, first["Location"])
    assert page.title == "Mikko Laine is removed"
    assert (page.receipt.reason, page.receipt.by) == ("Left the organization · “Retires”", "Aino Virtanen")
    assert Event.objects.filter(verb="member.remove", outcome="done").count() == 1
    present = page_model(browser.get(f"{KOSKELA}/people"), PeoplePage).people
    assert "Mikko Laine" not in {person.name for person in present}
    former = page_model(browser.get(f"{KOSKELA}/people?who=former"), PeoplePage).people
    assert {person.name for person in former} == {"Mikko Laine"}


def test_own_removal_is_refused_with_advice(world: World) -> None:
    answer = signed_in.browser(world.aino).get(person_path(world.aino, "remove"))
    assert answer.status_code == 403
    assert "You cannot change or remove your own access. Ask another admin." in visible_text(answer)
    assert "If it happens again" not in visible_text(answer)


def test_removal_of_the_only_admin_links_to_choosing_another(world: World) -> None:
    world.remove(world.paivi)
    answer = signed_in.browser(world.aino).get(person_path(world.aino, "remove"))
    assert answer.status_code == 403
    assert "You are the only admin. Nothing was changed. Choose a second admin first." in visible_text(answer)
    assert f'href="{KOSKELA}/people/second-admin"' in answer.content.decode()


def test_removal_of_all_admins_together_is_refused(world: World) -> None:
    world.remove(world.ulla)
    browser = signed_in.browser(world.aino)
    assert browser.post(person_path(world.aino, "remove"), {"reason": "left"}).status_code == 403
    assert question(browser, world.paivi, world.aino).status_code == 403


def test_removal_of_a_set_with_a_foreign_member_removes_none(world: World) -> None:
    browser = signed_in.browser(world.aino)
    selected = [str(world.mikko.id), str(world.olli.id)]
    to = browser.post(f"{KOSKELA}/people/select", {"m": selected, "do": "remove"})["Location"]
    assert page_model(browser.get(to), RemovalPage).title == "Remove 2 people"
    with_foreign = {"m": [*selected, str(world.stina.id)], "reason": "left"}
    assert browser.post(f"{KOSKELA}/people/remove", with_foreign).status_code == 404
    assert not Event.objects.filter(verb="member.remove", outcome="done").exists()
    done = receipt_page(browser, remove(browser, world.mikko, world.olli))
    assert done.title == "Mikko Laine and Olli Mäkinen are removed"


def test_removal_page_counts_the_sessions_that_end(world: World) -> None:
    for member in (world.olli, world.olli, world.vilma):
        signed_in.browser(member)
    with bypassing_commands():
        expired = Session.objects.filter(user=world.olli.user).first()
        assert expired
        Session.objects.filter(pk=expired.pk).update(expire_date=clock.now())
    browser = signed_in.browser(world.aino)
    endings = page_model(question(browser, world.olli, world.vilma), RemovalPage).endings
    assert Ending("Signed in to Kivisalo", "2 sessions end") in endings
    done = receipt_page(browser, remove(browser, world.olli, world.vilma))
    assert done.rows[0].what == "Sign-in to Rakennusliike Koskela Oy blocked; 2 sessions ended"


def test_removal_page_names_the_services_with_open_sign_ins(world: World) -> None:
    with bypassing_commands():
        sign_in(world.olli)
    page = page_model(signed_in.browser(world.aino).get(person_path(world.olli, "remove")), RemovalPage)
    assert Ending("Sign-in to Rakennusliike Koskela Oy", "blocked") in page.endings
    assert Ending("Signed in to Web shop", "ends") in page.endings
    service_users.create(world.paivi, name="HR")
    page = page_model(signed_in.browser(world.aino).get(person_path(world.paivi, "remove")), RemovalPage)
    assert Ending("Program HR", "ends") in page.endings
    assert [(one.name, one.reason) for one in page.decisions[0].proposals] == [("Aino Virtanen", "admin")]


def test_removal_page_names_what_needs_a_decision_and_links_to_the_access_of_a_candidate(
    world: World,
) -> None:
    answer = signed_in.browser(world.aino).get(person_path(world.mikko, "remove"))
    (decision,) = page_model(answer, RemovalPage).decisions
    assert (
        decision.text
        == "Only Mikko Laine can order in the web shop at Tampere, up to 5\xa0000\xa0€ an order."
    )
    (proposal,) = decision.proposals
    assert (proposal.name, proposal.reason) == ("Olli Mäkinen", "has it at another site")
    assert proposal.url == person_path(world.olli, "access") + "?tier=orderer"
    assert "Needs your decision" in visible_text(answer)


def test_removal_page_takes_the_same_statements_for_two_and_three_people(world: World) -> None:
    browser = signed_in.browser(world.aino)
    ids = [f"m={member.id}" for member in (world.mikko, world.olli, world.vilma)]
    assert count_statements(browser, f"{KOSKELA}/people/remove?{'&'.join(ids)}") == STATEMENTS
    assert count_statements(browser, f"{KOSKELA}/people/remove?{'&'.join(ids[:2])}") == STATEMENTS


def test_removal_page_leaves_out_people_who_are_removed_already(world: World) -> None:
    browser = signed_in.browser(world.aino)
    world.remove(world.mikko)
    text = visible_text(question(browser, world.mikko, world.olli))
    assert "Mikko Laine has already been removed." in text
    assert "Remove Olli Mäkinen" in text
    world.remove(world.olli)
    both = browser.get(f"{KOSKELA}/people/remove?m={world.mikko.id}&m={world.olli.id}", follow=True)
    assert "Mikko Laine and Olli Mäkinen have already been removed." in visible_text(both)
    assert len(page_model(both, PeoplePage).people) == 2


@pytest.mark.usefixtures("confirmed")
def test_receipt_page_shows_the_person_the_event_and_the_next_step(world: World) -> None:
    browser = signed_in.browser(world.aino)
    answer = browser.get(remove(browser, world.olli))
    text = visible_text(answer)
    assert (
        "All systems have confirmed. You do not need to do anything. Back to people Restore Olli Mäkinen"
        in text
    )
    assert re.search(r"olli @koskela.example Removed by Aino Virtanen", text)
    assert re.search(r"Log event \d+ Hash [0-9a-f]{4} [0-9a-f]{4} ", text)
    assert "(Helsinki time)" in text
    assert re.search(rf'href="{KOSKELA}/people" aria-current="page"', answer.content.decode())


def test_receipt_links_to_restoring_before_and_after_all_systems_have_confirmed(
    world: World, request: pytest.FixtureRequest
) -> None:
    browser = signed_in.browser(world.aino)
    url = remove(browser, world.olli)
    page = receipt_page(browser, url)
    expected = person_path(world.olli, "restore"), "Restore Olli Mäkinen"
    assert (page.open, page.restore_url, page.restore_label) == (True, *expected)
    assert browser.get(page.restore_url).status_code == 200
    request.getfixturevalue("confirmed")
    page = receipt_page(browser, url)
    assert (page.open, page.restore_url, page.restore_label) == (False, *expected)


def test_receipt_offers_no_restoring_without_the_right(world: World) -> None:
    page = receipt_page(signed_in.browser(world.sami), remove(signed_in.browser(world.sami), world.olli))
    assert (page.restore_url, page.restore_label) == ("", "")


@pytest.mark.usefixtures("confirmed")
def test_complete_receipt_of_several_links_to_removed_people(world: World) -> None:
    browser = signed_in.browser(world.aino)
    page = receipt_page(browser, remove(browser, world.olli, world.vilma))
    assert (page.restore_url, page.restore_label) == (f"{KOSKELA}/people?who=former", "View removed people")


def test_receipt_names_who_has_been_restored_and_offers_the_others(world: World) -> None:
    browser = signed_in.browser(world.aino)
    url = remove(browser, world.olli, world.vilma)
    first = browser.get(url)
    restore(world, world.olli)
    second = browser.get(url, headers={"if-none-match": first["ETag"]})
    page = page_model(second, ReceiptPage)
    assert page.title == "Removal of Olli Mäkinen and Vilma Salo"
    assert page.lead.endswith("Olli Mäkinen has since been restored.")
    assert page.restore_label == "View removed people"
    restore(world, world.vilma)
    page = receipt_page(browser, url)
    assert page.lead.endswith("Olli Mäkinen and Vilma Salo have since been restored.")
    assert (page.restore_url, page.restore_label) == ("", "")


def test_receipt_of_several_names_each_person_with_the_event(world: World) -> None:
    browser = signed_in.browser(world.aino)
    page = receipt_page(browser, remove(browser, world.mikko, world.olli, world.vilma))
    expected = set()
    for event in Event.objects.filter(verb="member.remove", outcome="done"):
        user = Membership.objects.get(id=event.subject).user
        expected.add((user.name, user.email, str(event.seq), f"{KOSKELA}/activity#e{event.seq}"))
    shown = {(row.name, row.email, row.event_number, row.event_url) for row in page.receipt.people}
    assert shown == expected
    assert len(shown) == 3


@pytest.mark.usefixtures("confirmed")
def test_receipt_without_a_change_answers_304(world: World) -> None:
    browser = signed_in.browser(world.aino)
    url = remove(browser, world.mikko)
    first = browser.get(url)
    again = browser.get(url, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.get(url, headers={"if-none-match": '"other"'}).status_code == 200


def test_receipt_is_visible_to_its_actor_and_readers_of_the_log_only(world: World) -> None:
    url = remove(signed_in.browser(world.sami), world.olli)
    assert signed_in.browser(world.sami).get(url).status_code == 200
    assert signed_in.browser(world.paivi).get(url).status_code == 200
    assert signed_in.browser(world.ulla).get(url).status_code == 404
    assert signed_in.browser(world.tiina).get(url.replace("koskela", "pohjola")).status_code == 404


def test_receipt_is_shown_to_an_actor_who_no_longer_sees_the_person(world: World) -> None:
    browser = signed_in.browser(world.sami)
    receipt = remove(browser, world.olli)
    for page in ("", "remove", "access"):
        answer = browser.get(person_path(world.olli, page) if page else person_path(world.olli))
        assert (answer.status_code, answer["Location"]) == (302, receipt), page
    assert browser.get(person_path(world.mikko)).status_code == 404
