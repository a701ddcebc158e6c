"""A removal that a system has not confirmed: home page, log and receipt name it, and it can be tried again."""

import datetime as dt
import re
import uuid
from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from audit.foundation import clock
from audit.models import Event
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership
from portal.web.activity.context import ActivityPage
from portal.web.home.context import HomePage, Task
from portal.web.people.detail_context import PersonPage
from portal.web.people.list_context import PeoplePage
from portal.web.people.receipt import ReceiptPage
from provisioning.accounts.models import Account
from provisioning.targets.models import Target
from tests.fixtures import connected_services, deliveries, signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.connected_services import ConnectedServices
from tests.fixtures.pages import (
    KOSKELA,
    count_statements,
    page_messages,
    page_model,
    person_path,
    plain,
    visible_text,
)
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)

LATE_SECONDS = 61
STATEMENTS = {"home": 34, "receipt": 22}
"""Of the pages with one unconfirmed removal or three, of one person or three."""


@pytest.fixture
def services(world: World, settings: LazySettings) -> Iterator[ConnectedServices]:
    """Connect the shop and a CRM that is paused."""
    with connected_services.connected(world, settings) as connected:
        connected.pause_crm()
        yield connected


def remove(
    world: World, services: ConnectedServices, *members: Membership, by: Membership | None = None
) -> uuid.UUID:
    actor = actor_of(by or world.aino)
    act = people_commands.remove(actor=actor, memberships=members, reason="left").act
    services.deliver()
    return act


def receipt_path(act: uuid.UUID, *rest: str) -> str:
    return "/".join([KOSKELA, "acts", str(act), *rest])


def tasks(browser: BrowserClient) -> list[Task]:
    return [
        task for task in page_model(browser.get(f"{KOSKELA}/"), HomePage).todo if "confirmed" in task.text
    ]


def test_removal_that_no_system_has_answered_is_on_the_home_page_after_a_minute(
    world: World, services: ConnectedServices
) -> None:
    people_commands.remove(actor=actor_of(world.aino), memberships=[world.mikko], reason="left")
    deliveries.plan_all()  # nothing is sent yet, so nothing has failed
    browser = signed_in.browser(world.aino)
    assert tasks(browser) == []
    move_clock(LATE_SECONDS)
    (task,) = tasks(browser)
    assert task.text == "CRM portal and Web shop have not confirmed that Mikko Laine’s access is closed"
    assert task.sub == ""


def test_removal_is_on_the_home_page_at_once_where_the_system_is_known_to_be_down_or_paused(
    world: World, services: ConnectedServices
) -> None:
    browser = signed_in.browser(world.aino)
    target = Target.objects.filter(application__key="crm")
    people_commands.remove(actor=actor_of(world.aino), memberships=[world.mikko], reason="left")
    deliveries.plan_all()
    for column in ("down_since", "pause_until"):
        at = clock.now() + dt.timedelta(minutes=column == "pause_until")
        assert tasks(browser) == []
        target.update(**{column: at})
        (task,) = tasks(browser)
        assert task.text == "CRM portal has not confirmed that Mikko Laine’s access is closed"
        target.update(**{column: None})


def test_failed_removal_is_on_the_home_page_at_once_and_until_it_is_confirmed(
    world: World, services: ConnectedServices
) -> None:
    act = remove(world, services, world.mikko)
    browser = signed_in.browser(world.aino)
    (task,) = tasks(browser)
    assert task.text == "CRM portal has not confirmed that Mikko Laine’s access is closed"
    attempts = (
        r"CRM portal does not take updates at the moment\. 1 attempt, at [0-9:]{8}\. "
        r"(Next attempt at [0-9:]{8}|Trying again now)\."
    )
    assert re.fullmatch(attempts, plain(task.sub))
    assert task.url == receipt_path(act)
    assert task.retry is not None
    assert task.retry.url == receipt_path(act, "resync")
    services.answer()
    assert tasks(browser) == []


def test_home_page_counts_the_people_of_one_removal(world: World, services: ConnectedServices) -> None:
    services.shop.be.always = services.crm.be.always
    remove(world, services, world.mikko, world.olli, world.vilma)
    move_clock(LATE_SECONDS)
    (task,) = tasks(signed_in.browser(world.aino))
    assert task.text == "CRM portal and Web shop have not confirmed that the access of 3 people is closed"
    assert re.match(
        r"CRM portal does not take updates at the moment\. 1 attempt, at .* "
        r"Web shop does not take updates at the moment\. 1 attempt, at ",
        plain(task.sub),
    )
    services.shop.be.always = None


def test_home_page_describes_three_removals_and_counts_the_others(
    world: World, services: ConnectedServices
) -> None:
    for member in (world.mikko, world.olli, world.vilma, world.sami):
        remove(world, services, member)
    move_clock(LATE_SECONDS)
    found = tasks(signed_in.browser(world.aino))
    assert len(found) == 4
    assert (found[3].text, found[3].url) == (
        "1 more removal is not confirmed",
        f"{KOSKELA}/people?who=former",
    )


def test_unconfirmed_removal_is_shown_to_readers_of_its_receipt_only(
    world: World, services: ConnectedServices
) -> None:
    act = remove(world, services, world.olli, by=world.sami)
    move_clock(LATE_SECONDS)
    for reader, sees in ((world.sami, True), (world.paivi, True), (world.ulla, False)):
        browser = signed_in.browser(reader)
        assert bool(tasks(browser)) is sees, reader
        assert browser.get(receipt_path(act)).status_code == (200 if sees else 404)
    assert tasks(signed_in.browser(world.vilma)) == []


def test_restored_person_is_no_unconfirmed_removal(world: World, services: ConnectedServices) -> None:
    remove(world, services, world.mikko)
    move_clock(LATE_SECONDS)
    access = world.access("viewer")
    people_commands.restore(actor=actor_of(world.aino), memberships=[world.mikko], access=access)
    assert tasks(signed_in.browser(world.aino)) == []


def test_account_of_a_removed_person_is_not_out_of_date(world: World, services: ConnectedServices) -> None:
    remove(world, services, world.mikko)
    Account.objects.filter(user=world.mikko.user, target__application__key="crm").update(state="failed")
    todo = page_model(signed_in.browser(world.aino).get(f"{KOSKELA}/"), HomePage).todo
    assert [task.text for task in todo if "out of date" in task.text] == []


def test_log_names_the_attempts_of_an_unconfirmed_removal(world: World, services: ConnectedServices) -> None:
    act = remove(world, services, world.mikko)
    move_clock(LATE_SECONDS)
    page = page_model(signed_in.browser(world.aino).get(f"{KOSKELA}/activity"), ActivityPage)
    (row,) = [event for event in page.events if event.text == "removed Mikko Laine"]
    assert (
        "CRM portal has not confirmed. CRM portal does not take updates at the moment. 1 attempt, at"
        in plain(row.open_deliveries)
    )
    assert "Web shop" in row.deliveries
    assert row.retry is not None
    assert row.retry.url == receipt_path(act, "resync")


@pytest.mark.parametrize("query", ["", "?who=former"])
def test_list_of_people_names_an_unconfirmed_removal_and_updates_itself(
    world: World, services: ConnectedServices, query: str
) -> None:
    act = remove(world, services, world.mikko)
    move_clock(LATE_SECONDS)
    browser = signed_in.browser(world.aino)
    first = browser.get(f"{KOSKELA}/people{query}")
    (notice,) = page_model(first, PeoplePage).unconfirmed
    assert notice.text == "CRM portal has not confirmed that Mikko Laine’s access is closed"
    way_back = "?list=who%3Dformer" if query else ""
    assert notice.url == receipt_path(act) + way_back
    assert notice.retry is not None
    assert notice.retry.url == f"{receipt_path(act)}/resync{way_back}"
    assert "data-kh-poll" in first.content.decode()
    url, etag = f"{KOSKELA}/people{query}", first["ETag"]
    assert browser.get(url, headers={"if-none-match": etag}).status_code == 304
    services.answer()
    last = browser.get(url, headers={"if-none-match": etag})
    assert (last.status_code, list(page_model(last, PeoplePage).unconfirmed)) == (200, [])
    assert "data-kh-poll" not in last.content.decode()


def test_deliveries_and_hashes_of_the_log_open_in_place(world: World, services: ConnectedServices) -> None:
    services.answer()
    remove(world, services, world.mikko)
    answer = signed_in.browser(world.aino).get(f"{KOSKELA}/activity")
    html = answer.content.decode()
    folded = "".join(re.findall(r"<details class=\"kh-why.*?</details>", html, flags=re.DOTALL))
    for event in page_model(answer, ActivityPage).events:
        assert html.count(f"<code>{event.hash}</code>") == folded.count(f"<code>{event.hash}</code>") == 1
    assert folded.count("Updated: ") == html.count("Updated: ") > 0


def test_receipt_counts_the_wait_and_names_the_attempts(world: World, services: ConnectedServices) -> None:
    act = remove(world, services, world.mikko)
    move_clock(102)
    answer = signed_in.browser(world.aino).get(receipt_path(act))
    page = page_model(answer, ReceiptPage)
    assert re.fullmatch(r"1 min 4[0-9] s", plain(page.wait))
    assert "1 of 2 systems has confirmed. CRM portal has not confirmed yet." in page.lead
    (waiting,) = page.waiting
    assert (waiting.name, waiting.state) == ("CRM portal", "closing")
    assert plain(waiting.text).startswith("CRM portal does not take updates at the moment. 1 attempt, at ")
    assert waiting.note == "Mikko Laine cannot sign in to CRM portal through Kivisalo."
    assert [(row.name, row.state) for row in page.rows] == [("Kivisalo", "closed"), ("Web shop", "closed")]
    assert page.next_text.endswith("You get a mail when all systems have confirmed.")
    assert "Waiting for" in visible_text(answer)
    services.answer()
    confirmed = page_model(signed_in.browser(world.aino).get(receipt_path(act)), ReceiptPage)
    assert (confirmed.open, confirmed.waiting, confirmed.retry) == (False, [], None)
    assert re.search(r"All systems confirmed within 1 min [0-9]+ s\.$", plain(confirmed.lead))


def test_receipt_of_a_restored_person_does_not_say_that_they_cannot_sign_in(
    world: World, services: ConnectedServices
) -> None:
    act = remove(world, services, world.mikko)
    move_clock(62)
    browser = signed_in.browser(world.aino)
    before = page_model(browser.get(receipt_path(act)), ReceiptPage)
    (waiting,) = before.waiting
    assert (waiting.state, bool(waiting.note), "mail" in before.next_text) == ("closing", True, True)
    people_commands.restore(
        actor=actor_of(world.aino), memberships=[world.mikko], access=world.access("viewer")
    )
    page = page_model(browser.get(receipt_path(act)), ReceiptPage)
    assert [(one.state, one.note) for one in page.waiting] == [("wait", "")]
    assert page.lead.endswith("CRM portal has not confirmed yet. Mikko Laine has since been restored.")
    assert page.restore_url == ""
    assert "mail" not in page.next_text, "no mail is sent about people who have all been restored"


def test_receipt_names_who_gets_the_mail(world: World, services: ConnectedServices) -> None:
    act = remove(world, services, world.mikko, by=world.ulla)
    soon = page_model(signed_in.browser(world.aino).get(receipt_path(act)), ReceiptPage)
    assert (len(soon.waiting), "mail" in soon.next_text) == (1, False), "a prompt confirmation is not mailed"
    move_clock(62)
    page = page_model(signed_in.browser(world.aino).get(receipt_path(act)), ReceiptPage)
    assert page.next_text.endswith("Ulla Nieminen gets a mail when all systems have confirmed.")
    world.remove(world.ulla)
    page = page_model(signed_in.browser(world.paivi).get(receipt_path(act)), ReceiptPage)
    assert page.next_text.endswith("You get a mail when all systems have confirmed.")


def test_receipt_is_unchanged_while_only_the_wait_grows(world: World, services: ConnectedServices) -> None:
    act = remove(world, services, world.mikko)
    move_clock(200)
    browser = signed_in.browser(world.aino)
    browser.get(receipt_path(act))
    first = browser.get(receipt_path(act))
    move_clock(260)
    again = browser.get(receipt_path(act), headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert page_model(browser.get(receipt_path(act)), ReceiptPage).wait != page_model(first, ReceiptPage).wait
    services.retry_now()
    services.deliver()
    later = browser.get(receipt_path(act), headers={"if-none-match": first["ETag"]})
    assert later.status_code == 200


@pytest.mark.parametrize("path", ["home", "person"])
def test_page_that_updates_itself_answers_304_until_something_changes(
    world: World, services: ConnectedServices, path: str
) -> None:
    remove(world, services, world.mikko)
    move_clock(LATE_SECONDS + 40)
    url = {"home": f"{KOSKELA}/", "person": person_path(world.mikko)}[path]
    browser = signed_in.browser(world.aino)
    first = browser.get(url)
    assert "data-kh-poll" in first.content.decode()
    assert browser.get(url, headers={"if-none-match": first["ETag"]}).status_code == 304
    services.answer()
    last = browser.get(url, headers={"if-none-match": first["ETag"]})
    assert last.status_code == 200
    assert "data-kh-poll" not in last.content.decode()


def test_person_page_of_a_removed_person_offers_to_try_again(
    world: World, services: ConnectedServices
) -> None:
    remove(world, services, world.mikko)
    page = page_model(signed_in.browser(world.aino).get(person_path(world.mikko)), PersonPage)
    assert page.retry is not None
    assert (page.retry.url, page.retry_label) == (person_path(world.mikko, "resync"), "Try again now")
    (late,) = [system for system in page.systems if system.name == "CRM portal"]
    assert late.state == "closing"
    assert plain(late.problem).startswith("CRM portal does not take updates at the moment. 1 attempt, at ")


def test_retry_sent_twice_is_one_act_and_calls_the_system_at_once(
    world: World, services: ConnectedServices
) -> None:
    act = remove(world, services, world.mikko, world.olli)
    browser, url = signed_in.browser(world.aino), receipt_path(act, "resync")
    retry = page_model(browser.get(receipt_path(act)), ReceiptPage).retry
    assert retry is not None
    form = {"idempotency_key": retry.idempotency_key}
    assert browser.get(url)["Location"] == receipt_path(act)
    for _ in range(2):
        assert browser.post(url, form)["Location"] == receipt_path(act)
    assert Event.objects.filter(verb="account.resync", outcome="done").count() == 2
    asked = len(services.crm.requests)
    services.deliver()
    assert len(services.crm.requests) > asked
    page = page_model(browser.get(receipt_path(act)), ReceiptPage)
    assert "2 attempts, the last at" in page.waiting[0].text


def test_retry_is_refused_to_those_without_the_receipt_or_the_right(
    world: World, services: ConnectedServices
) -> None:
    act = remove(world, services, world.olli, by=world.sami)
    url = receipt_path(act, "resync")
    for stranger in (world.ulla, world.vilma):
        assert signed_in.browser(stranger).post(url).status_code == 404
    elsewhere = url.replace("koskela", "pohjola")
    assert signed_in.browser(world.tiina).post(elsewhere).status_code == 404
    assert signed_in.browser(world.tiina).post(url).status_code == 404
    sami = signed_in.browser(world.sami)
    assert page_model(sami.get(receipt_path(act)), ReceiptPage).retry is None
    assert sami.post(url).status_code in {403, 404}
    assert not Event.objects.filter(verb="account.resync", outcome="done").exists()


@pytest.mark.usefixtures("at_the_start_of_a_window")
def test_seventh_retry_within_a_minute_sends_nothing(world: World, services: ConnectedServices) -> None:
    act = remove(world, services, world.mikko)
    browser = signed_in.browser(world.aino)
    answers = [page_messages(browser.post(receipt_path(act, "resync"), follow=True)) for _ in range(7)]
    assert ["Nothing was sent" in messages[0] for messages in answers] == [False] * 6 + [True]
    assert Event.objects.filter(verb="account.resync", outcome="done").count() == 6


def test_confirmed_removal_has_nothing_to_try_again(world: World, services: ConnectedServices) -> None:
    services.answer()
    act = remove(world, services, world.mikko)
    browser = signed_in.browser(world.aino)
    assert page_messages(browser.post(receipt_path(act, "resync"), follow=True)) == [
        "Nothing was sent: no connected system waits for a new attempt or is known to be out of date."
    ]
    assert not Event.objects.filter(verb="account.resync").exists()


def test_pages_take_the_same_statements_for_one_and_three_unconfirmed_removals(
    world: World, services: ConnectedServices
) -> None:
    for amount in (100, 200, 300, 400):  # the newest events are acts in both cases
        world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=amount))
    one = remove(world, services, world.mikko)
    move_clock(LATE_SECONDS)
    browser = signed_in.browser(world.aino)
    assert len(tasks(browser)) == 1
    assert count_statements(browser, f"{KOSKELA}/") == STATEMENTS["home"]
    assert count_statements(browser, receipt_path(one)) == STATEMENTS["receipt"]
    three = remove(world, services, world.olli, world.vilma, world.sami)
    remove(world, services, world.ulla)
    move_clock(2 * LATE_SECONDS)
    assert len(tasks(browser)) == 3
    assert count_statements(browser, f"{KOSKELA}/") == STATEMENTS["home"]
    assert count_statements(browser, receipt_path(three)) == STATEMENTS["receipt"]


def test_one_closing_is_one_line_with_the_acts_that_it_answers(
    world: World, services: ConnectedServices
) -> None:
    act = remove(world, services, world.mikko)
    browser = signed_in.browser(world.aino)
    for number in range(2):
        browser.post(receipt_path(act, "resync"), {"idempotency_key": f"again{number}"})
        services.deliver()
    move_clock(LATE_SECONDS)
    services.answer()
    events = Event.objects.filter(verb="account.synced", subject=world.mikko.id).order_by("-at")
    closings = [event for event in events if event.at == events[0].at]
    assert len(closings) == 3, "the log has one for each act"
    page = page_model(browser.get(f"{KOSKELA}/activity?what=systems"), ActivityPage)
    lines = [event for event in page.events if event.text == "CRM portal: Mikko Laine’s access closed"]
    assert len(lines) == 1
    answered = (
        r"after 1 min .*\. Answers 3 requests: Aino Virtanen removed Mikko Laine, [0-9:]{8}; "
        r"(Aino Virtanen asked CRM portal again to close Mikko Laine’s access, [0-9:]{8}(; )?){2}"
    )
    assert re.fullmatch(answered, plain(lines[0].sub))
    person = page_model(browser.get(person_path(world.mikko)), PersonPage)
    closed = [event.text for event in person.events if "access closed" in event.text]
    assert len(closed) == 1
    assert re.search(answered, plain(closed[0]))
