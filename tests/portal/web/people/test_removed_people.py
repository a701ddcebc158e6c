"""Removed people: in the list, on their page, and restored."""

import datetime as dt
import re
import uuid
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from audit.models import Event
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.values import AmountLimit
from delegation.catalogue import ceilings
from delegation.catalogue.display_names import DisplayNames
from identity.memberships.models import Membership
from portal.web.access.context import AccessPage
from portal.web.people.detail_context import PersonPage
from portal.web.people.list_context import PeoplePage
from portal.wording import dates, systems
from provisioning.accounts.status import SystemStatus, WorstState
from tests.fixtures import signed_in
from tests.fixtures.pages import (
    KOSKELA,
    count_statements,
    orderer_form,
    page_model,
    person_path,
    plain,
    visible_text,
)
from tests.fixtures.world import APPROVE, OFFER, World, bypassing_commands

AT = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
FORMER_STATEMENTS = 27
"""Of the list of removed people, whatever it shows."""
BOOK = DisplayNames(tiers={}, applications={"crm": {"en": "CRM portal"}}, entitlements={}, sites={})


@pytest.mark.django_db(transaction=True)
def test_list_of_removed_people_has_no_checkboxes(world: World) -> None:
    world.remove(world.olli)
    answer = signed_in.browser(world.aino).get(f"{KOSKELA}/people?who=former")
    page = page_model(answer, PeoplePage)
    assert (page.pager.text, page.bulk) == ("1 removed", None)
    assert "kh-tick" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_list_of_removed_people_has_no_access_columns(world: World) -> None:
    browser = signed_in.browser(world.aino)
    world.remove(world.olli)
    assert "kh-c-access" in browser.get(f"{KOSKELA}/people").content.decode()
    html = browser.get(f"{KOSKELA}/people?who=former").content.decode()
    assert "Olli" in html
    assert "kh-c-access" not in html
    assert "kh-c-sites" not in html


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("at_noon")
def test_list_of_removed_people_says_when_who_and_why_with_the_receipt(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = {"reason": "left", "note": "Retires", "idempotency_key": "w1"}
    receipt = browser.post(person_path(world.mikko, "remove"), form)["Location"]
    page = page_model(browser.get(f"{KOSKELA}/people?who=former"), PeoplePage)
    (row,) = page.people
    assert row.removal is not None
    assert re.match(r"today \d", plain(row.removal.when))
    assert (row.removal.by, row.removal.reason) == ("Aino Virtanen", "Left the organization · “Retires”")
    assert row.removal.receipt_url == f"{receipt}?list=who%3Dformer"
    assert [column.name for column in page.columns] == ["name", "removed", "reason", "sys"]
    assert plain(page.found) == "<b>1</b> removed person."
    text = visible_text(browser.get(f"{KOSKELA}/people?who=former"))
    assert re.search(r"today \S+ by Aino Virtanen · Receipt Left the organization · “Retires”", text)


@pytest.mark.django_db(transaction=True)
def test_reason_and_receipt_of_a_removal_are_for_readers_of_the_whole_log(world: World) -> None:
    world.remove(world.mikko)
    reader = signed_in.browser(world.ulla)
    with bypassing_commands():
        version = RoleVersion.objects.get(role__key="user_admin", valid_until=None)
        RoleVersion.objects.filter(id=version.id).update(
            verbs=[verb for verb in version.verbs if verb != "activity.view"]
        )
    (row,) = page_model(reader.get(f"{KOSKELA}/people?who=former"), PeoplePage).people
    assert row.removal is not None
    assert (row.removal.by, row.removal.reason, row.removal.receipt_url) == ("Aino Virtanen", "", "")
    assert (
        page_model(signed_in.browser(world.sami).get(f"{KOSKELA}/people?who=former"), PeoplePage).people == []
    )


@pytest.mark.django_db(transaction=True)
def test_list_of_removed_people_takes_the_same_statements_for_one_and_three(world: World) -> None:
    browser = signed_in.browser(world.aino)
    world.remove(world.olli)
    assert count_statements(browser, f"{KOSKELA}/people?who=former") == FORMER_STATEMENTS
    world.remove(world.mikko)
    world.remove(world.vilma)
    assert count_statements(browser, f"{KOSKELA}/people?who=former") == FORMER_STATEMENTS


@pytest.mark.django_db(transaction=True)
def test_list_of_removed_people_offers_to_restore_and_not_to_change(world: World) -> None:
    world.remove(world.mikko)
    browser = signed_in.browser(world.aino)
    (row,) = page_model(browser.get(f"{KOSKELA}/people?who=former"), PeoplePage).people
    assert (row.restore_url, row.change) == (f"{person_path(world.mikko, 'restore')}?list=who%3Dformer", None)
    present = page_model(browser.get(f"{KOSKELA}/people"), PeoplePage).people
    assert {person.restore_url for person in present} == {""}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("at_noon")
def test_person_page_of_a_removed_person_links_to_receipt_and_restoring(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = {"reason": "left", "idempotency_key": "g1"}
    receipt = browser.post(person_path(world.mikko, "remove"), form)["Location"]
    answers = [
        browser.get(person_path(world.mikko, "remove"), follow=True),
        browser.get(person_path(world.mikko, "access"), follow=True),
        browser.post(person_path(world.mikko, "access"), orderer_form(world), follow=True),
        browser.post(person_path(world.mikko, "remove"), {**form, "idempotency_key": "g2"}, follow=True),
        browser.get(f"{KOSKELA}/people/remove?m={world.mikko.id}", follow=True),
    ]
    for answer in answers:
        ended = page_model(answer, PersonPage).ended
        assert ended is not None
        assert re.match(r"Removed today .* by Aino Virtanen\.", plain(ended.text))
        assert (ended.receipt_url, ended.restore_url) == (receipt, person_path(world.mikko, "restore"))
    assert Event.objects.filter(verb="member.remove", outcome="done").count() == 1


@pytest.mark.django_db(transaction=True)
def test_restore_panel_starts_with_the_previous_access(world: World) -> None:
    world.change(world.mikko, world.access("approver", sites=[world.tampere, world.oulu], amount=15000))
    world.remove(world.mikko)
    page = restore_page(world.aino, world.mikko)
    previous = "Previous access: Approver, up to 15 000 €, Oulu and Tampere. Check it before restoring."
    assert plain(page.now_sentence) == previous
    assert any(
        plain(gain).startswith("Order in the web shop and approve others’ orders, up to 15 000")
        for gain in page.effect.gains
    )
    (tier,) = [tier for tier in page.tiers if tier.checked]
    assert tier.limit is not None
    assert (tier.value, plain(tier.limit.value())) == ("approver", "15 000")
    assert set(page.form["sites"].value()) == {str(world.tampere.id), str(world.oulu.id)}


@pytest.mark.django_db(transaction=True)
def test_restore_panel_offers_no_more_than_the_reader_may_assign(world: World) -> None:
    world.change(world.mikko, world.access("approver", sites=[world.tampere], amount=15000))
    world.remove(world.mikko)
    lowered = {**OFFER, APPROVE: AmountLimit(Decimal(4000))}
    ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer=lowered)
    limits = [tier.limit for tier in restore_page(world.aino, world.mikko).tiers if tier.checked]
    assert [plain(limit.value()) for limit in limits if limit] == ["4 000"]
    world.remove(world.paivi)
    page = restore_page(world.ulla, world.paivi)
    assert page.now_sentence.startswith("Previous access: Admin, all sites")
    assert "organization_admin" not in {tier.value for tier in page.tiers}


@pytest.mark.django_db(transaction=True)
def test_restore_form_sent_twice_restores_once(world: World) -> None:
    world.remove(world.mikko)
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, limit_orderer="700", idempotency_key="f1")
    for _ in range(2):
        done = browser.post(person_path(world.mikko, "restore"), form)
        assert (done.status_code, done["Location"]) == (302, person_path(world.mikko))
    answer = browser.get(person_path(world.mikko))
    assert any(
        "up to <b>700 €</b> an order" in plain(right.text) for right in page_model(answer, PersonPage).rights
    )
    assert "Mikko Laine is restored." in visible_text(answer)
    assert Event.objects.filter(verb="member.restore", outcome="done").count() == 1


def restore_page(reader: Membership, member: Membership) -> AccessPage:
    return page_model(signed_in.browser(reader).get(person_path(member, "restore")), AccessPage)


def _status(word: str) -> SystemStatus:
    return SystemStatus(
        target=uuid.uuid4(),
        account=1,
        application="crm",
        name={"en": "CRM portal"},
        expected=[],
        actual=[],
        active=False,
        checked_at=AT,
        state=word,
        attempts=0,
        last_failed_at=None,
        next_try_at=None,
        error="",
    )


@pytest.mark.parametrize(
    ("word", "former", "state", "summary"),
    [
        ("up_to_date", True, "closed", "All closed"),
        ("up_to_date", False, "ok", "All up to date"),
        ("out_of_date", True, "failed", "1 of 1 needs attention"),
    ],
)
def test_system_state_of_a_removed_person_is_closed(
    *, word: str, former: bool, state: str, summary: str
) -> None:
    rows = systems.matrix([_status(word)], BOOK, dates.Clock(AT, ZoneInfo("UTC")), former=former)
    assert [row.state for row in rows] == [state]
    assert systems.summary(rows) == summary
    assert systems.worst(WorstState(word, "crm"), BOOK, former=former)["state"] == state
