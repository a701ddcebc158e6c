"""Admins see the grade on their start page and its own page, and confirm once a year by one button."""

import pytest

from delegation.continuity_grades.models import AdminConfirmation
from portal.web.admins.grade_page import ContinuityPage
from portal.web.home.context import HomePage
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, count_statements, page_model
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, DAY = f"{KOSKELA}/admins/continuity", 24 * 3600
STATEMENTS = 8


def test_grade_and_its_way_out_are_shown_to_those_who_manage_people(world: World) -> None:
    aino = signed_in.browser(world.aino)
    home = page_model(aino.get(f"{KOSKELA}/"), HomePage)
    assert home.grade is not None
    assert (home.grade.word, home.grade.fact, home.grade.url) == ("Fair", "No recovery contact.", PAGE)
    assert (home.note, home.confirmation) == (None, None)
    shown = page_model(aino.get(PAGE), ContinuityPage)
    assert [(fact.title, fact.is_met) for fact in shown.grade.facts] == [
        ("No recovery contact", False),
        ("No verified mail domain", False),
        ("2 working admins", True),
        ("Admins are active", True),
        ("Mail arrives", True),
    ]
    assert [one.name for one in shown.admins] == ["Aino Virtanen", "Päivi Korhonen"]
    assert (shown.confirms, shown.promote_url != "", shown.handover_url != "") == (True, True, True)
    assert count_statements(aino, PAGE) == STATEMENTS
    ulla = page_model(signed_in.browser(world.ulla).get(PAGE), ContinuityPage)
    assert (ulla.confirms, ulla.promote_url, ulla.handover_url) == (False, "", "")
    answers = [signed_in.browser(who).get(PAGE).status_code for who in (world.sami, world.mikko, world.tiina)]
    assert answers == [200, 403, 404]
    colleague = page_model(signed_in.browser(world.mikko).get(f"{KOSKELA}/"), HomePage)
    assert (colleague.grade, colleague.confirmation) == (None, None)


def test_admin_behind_the_listed_ones_confirms_too(world: World) -> None:
    reader = world.member(world.koskela, "Östen Åberg", "organization_admin")
    for number in range(6):
        world.member(
            world.koskela, f"Bertta B{number}", "organization_admin", email=f"b{number}@koskela.example"
        )
    move_clock(340 * DAY)
    browser = signed_in.browser(reader)
    home = page_model(browser.get(f"{KOSKELA}/"), HomePage)
    assert home.confirmation is not None
    shown = page_model(browser.get(PAGE), ContinuityPage)
    assert (shown.confirms, len(shown.admins), shown.unlisted) == (True, 5, 4)
    assert shown.admins[-1].name == "Östen Åberg"
    browser.post(PAGE, {"step": "confirm", "idempotency_key": home.confirmation.idempotency_key})
    assert AdminConfirmation.objects.get().membership_id == reader.id


def test_only_admin_is_led_to_promoting_a_colleague_or_handing_over(world: World) -> None:
    note = page_model(signed_in.browser(world.tiina).get("/o/pohjola/"), HomePage).note
    assert note is not None
    assert (note.url, note.more_url) == ("/o/pohjola/people/second-admin", "/o/pohjola/handover")


def test_confirmation_is_one_button_of_the_start_page_and_nothing_else(world: World) -> None:
    move_clock(340 * DAY)
    aino = signed_in.browser(world.aino)
    asked = page_model(aino.get(f"{KOSKELA}/"), HomePage).confirmation
    assert asked is not None
    for sent in ({}, {"step": "other"}):
        aino.post(asked.url, sent)
    aino.get(asked.url)
    assert not AdminConfirmation.objects.exists()
    form = {"step": "confirm", "idempotency_key": asked.idempotency_key}
    for _ in range(2):
        assert aino.post(asked.url, form)["Location"] == PAGE
    assert AdminConfirmation.objects.get().membership_id == world.aino.id
    assert page_model(aino.get(f"{KOSKELA}/"), HomePage).confirmation is None
    ulla = signed_in.browser(world.ulla)
    assert ulla.post(PAGE, {"step": "confirm"}).status_code == 403
    assert signed_in.browser(world.mikko).post(PAGE, {"step": "confirm"}).status_code == 403
    assert AdminConfirmation.objects.count() == 1
