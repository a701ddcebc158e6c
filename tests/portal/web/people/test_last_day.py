"""Planning the last day of colleagues: the question, the plan, its change and end, and where it shows."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from audit.foundation import clock
from audit.models import Event
from delegation.departures.models import PlannedRemoval
from delegation.people import planned_ends
from identity.memberships.models import Membership
from portal.web.home.context import HomePage
from portal.web.my.context import MyAccessPage
from portal.web.people import last_day_form
from portal.web.people.detail_context import PersonPage
from portal.web.people.last_day_context import LastDayPage
from portal.web.people.receipt import ReceiptPage
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, count_statements, page_model, person_path, visible_text
from tests.fixtures.world import World, move_clock_to

pytestmark = pytest.mark.django_db(transaction=True)

HELSINKI = ZoneInfo("Europe/Helsinki")
STATEMENTS = 23


def day_after(days: int) -> dt.date:
    return clock.now().astimezone(HELSINKI).date() + dt.timedelta(days=days)


def form(day: dt.date, hour: int = 17, *, key: str = "p1", **more: object) -> dict[str, object]:
    return {"day": day.isoformat(), "hour": str(hour), "reason": "left", "idempotency_key": key, **more}


def plan(browser: BrowserClient, member: Membership, day: dt.date, **more: object) -> str:
    return browser.post(person_path(member, "last-day"), form(day, **more))["Location"]  # type: ignore[arg-type]


def test_last_day_is_planned_changed_and_cancelled_and_shows_to_admins_and_the_leaver(world: World) -> None:
    browser, mikko = signed_in.browser(world.aino), signed_in.browser(world.mikko)
    asked = browser.get(person_path(world.mikko, "last-day"))
    assert "Nothing has happened yet." in visible_text(asked)
    assert page_model(asked, LastDayPage).zone_note == "Times are Helsinki time."
    person = plan(browser, world.mikko, day_after(5))
    plan(browser, world.mikko, day_after(5))  # sent twice
    row = PlannedRemoval.objects.get()
    assert row.ends_at == dt.datetime.combine(day_after(5), dt.time(17), HELSINKI)
    (notice,) = page_model(browser.get(person), PersonPage).notices
    assert (notice.text.startswith("Access ends on"), notice.label) == (True, "Change or cancel…")
    todo = page_model(browser.get(f"{KOSKELA}/"), HomePage).todo
    assert [task.text.startswith("Mikko Laine’s access ends on") for task in todo] == [True]
    assert page_model(mikko.get(f"{KOSKELA}/me"), MyAccessPage).ends.startswith("Your access here ends on")
    page = page_model(browser.get(notice.url), LastDayPage)
    assert page.plan
    assert page.form["hour"].value() == "17"
    plan(browser, world.mikko, day_after(7), hour=24, key="p2")
    assert PlannedRemoval.objects.get(closed_at=None).ends_at == dt.datetime.combine(
        day_after(8), dt.time(), HELSINKI
    )
    assert page_model(browser.get(notice.url), LastDayPage).form["hour"].value() == "24"
    cancelled = [browser.post(page.plan.cancel_url, {"idempotency_key": page.plan.key}) for _ in range(2)]
    assert {answer["Location"] for answer in cancelled} == {person}
    assert page_model(browser.get(person), PersonPage).notices == []
    verbs = Event.objects.filter(verb__startswith="removal.", outcome="done").order_by("seq")
    assert list(verbs.values_list("verb", flat=True)) == ["removal.plan", "removal.plan", "removal.cancel"]


def test_nothing_is_planned_by_a_get_an_empty_form_or_without_permission(world: World) -> None:
    browser = signed_in.browser(world.aino)
    path, cancel = person_path(world.mikko, "last-day"), person_path(world.mikko, "last-day/cancel")
    cases: list[tuple[BrowserClient, str, dict[str, object] | None, int]] = [
        (browser, path, {}, 200),
        (browser, path, form(day_after(-1)), 200),
        (browser, path, form(day_after(500)), 200),
        (browser, path, form(day_after(3), 25), 200),
        (browser, cancel, None, 302),
        (browser, cancel, {}, 404),
        (browser, cancel, {"idempotency_key": "c1"}, 302),
        (signed_in.browser(world.tiina), path, form(day_after(3)), 404),
        (signed_in.browser(world.mikko), person_path(world.olli, "last-day"), form(day_after(3)), 404),
        (signed_in.browser(world.sami), path, form(day_after(3)), 404),
        (browser, person_path(world.aino, "last-day"), form(day_after(3)), 403),
        (browser, f"{KOSKELA}/people/last-day", form(day_after(3)), 404),
        (browser, f"{KOSKELA}/people/last-day", form(day_after(3), m=[str(world.stina.id)]), 404),
    ]
    for who, where, sent, status in cases:
        answer = who.get(where) if sent is None else who.post(where, sent)
        assert answer.status_code == status, (where, sent)
    assert not PlannedRemoval.objects.exists()
    assert not Event.objects.filter(verb__startswith="removal.", outcome="done").exists()


def test_list_is_planned_together_and_has_one_receipt(world: World) -> None:
    browser = signed_in.browser(world.aino)
    ids = [str(world.mikko.id), str(world.olli.id)]
    to = browser.post(f"{KOSKELA}/people/select", {"m": ids, "do": "last_day"})["Location"]
    assert page_model(browser.get(to), LastDayPage).title == "Plan the last day of 2 people"
    assert count_statements(browser, to) == STATEMENTS
    assert browser.post(to, form(day_after(2), m=ids)).status_code == 302
    ends_at = PlannedRemoval.objects.values_list("ends_at", flat=True).distinct().get()
    move_clock_to(ends_at)
    later = signed_in.browser(world.aino)
    person = page_model(later.get(person_path(world.mikko)), PersonPage)
    assert person.ended
    assert (person.ended.text, person.ended.receipt_url) == ("Access ended today 17:00 as planned.", "")
    move_clock_to(ends_at + dt.timedelta(minutes=3))
    assert planned_ends.carry_out_next() == 2
    person = page_model(later.get(person_path(world.mikko)), PersonPage)
    assert person.ended
    receipt = page_model(later.get(person.ended.receipt_url), ReceiptPage)
    assert receipt.title == "Mikko Laine and Olli Mäkinen are removed"
    assert "ended at 17:00:00" in receipt.lead
    assert receipt.receipt.by.startswith("Aino Virtanen, planned")
    assert receipt.receipt.reason == "Left the organization"


def test_hour_that_the_change_of_clocks_leaves_out_is_refused_and_of_a_doubled_one_the_first_counts() -> None:
    def utc(day: dt.date, hour: int, zone: str = "Europe/Helsinki") -> str:
        return last_day_form.instant(day, hour, zone=ZoneInfo(zone)).isoformat()

    assert utc(dt.date(2026, 12, 4), 17) == "2026-12-04T15:00:00+00:00"
    assert utc(dt.date(2026, 12, 4), 24) == "2026-12-04T22:00:00+00:00"
    with pytest.raises(ValidationError, match="03:00 does not exist"):
        utc(dt.date(2027, 3, 28), 3)
    assert utc(dt.date(2027, 3, 28), 4) == "2027-03-28T01:00:00+00:00"
    assert utc(dt.date(2026, 10, 25), 3) == "2026-10-25T00:00:00+00:00"
    # In Beirut the clocks are put forward at midnight: the end of the day is the first instant after it.
    assert utc(dt.date(2027, 3, 27), 24, "Asia/Beirut") == "2027-03-27T22:00:00+00:00"


def test_suspended_person_reads_so_at_the_sign_in_and_one_step_resumes(world: World) -> None:
    browser = signed_in.browser(world.aino)
    path = person_path(world.vilma, "suspend")
    assert "Nothing has happened yet." in visible_text(browser.get(path))
    for _ in range(2):
        assert browser.post(path, {"idempotency_key": "s1", "note": "leave"}).status_code == 302
    (notice,) = page_model(browser.get(person_path(world.vilma)), PersonPage).notices
    assert (notice.text, notice.label) == ("Access is suspended.", "Resume access…")
    vilma = BrowserClient()
    refused = vilma.password(world.vilma.user)
    text = visible_text(vilma.get(refused["Location"]))
    assert "Your access is suspended" in text
    assert "An admin of Rakennusliike Koskela Oy can resume it." in text
    assert browser.get(path).status_code == 302
    assert signed_in.browser(world.tiina).post(notice.url, {"idempotency_key": "x"}).status_code == 404
    assert browser.post(notice.url, {"idempotency_key": "r1"}).status_code == 302
    assert page_model(browser.get(person_path(world.vilma)), PersonPage).notices == []
    assert BrowserClient().sign_in(world.vilma.user).is_signed_in
    verbs = Event.objects.filter(verb__in=["member.suspend", "member.resume"], outcome="done")
    assert verbs.count() == 2
