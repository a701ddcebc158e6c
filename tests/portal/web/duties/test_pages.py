"""An admin sees who holds duties to keep apart, asks for an exception, and another admin accepts it."""

import datetime as dt

import pytest
from django.test import Client

from audit.foundation import clock
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.duties import DutyConflict, DutyException
from portal.shell.duty_exceptions import DutyExceptionPage
from portal.web.access.context import AccessPage
from portal.web.duties.context import DutiesPage, DutyAskPage
from portal.web.people.detail_context import PersonPage
from tests.fixtures import duties, signed_in
from tests.fixtures.pages import KOSKELA, count_statements, page_model
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
LIST = f"{KOSKELA}/duties"
LATE = "31.12.2099"


def ask_form(days: int = 30) -> dict[str, str]:
    day = clock.now() + dt.timedelta(days=days)
    return {
        "conflict": str(DutyConflict.objects.get().id),
        "until": f"{day:%d.%m.%Y}",
        "reason": "The approver is on leave",
        "idempotency_key": "ask",
    }


def test_report_names_the_people_with_their_exception(world: World) -> None:
    world.change(world.mikko, world.access("approver", sites=[world.tampere]))
    aino, url = signed_in.browser(world.aino), f"{KOSKELA}/people/{world.mikko.id}"
    page = page_model(aino.get(LIST), DutiesPage)
    ((group,), (row,)) = page.report.groups, page.report.groups[0].rows
    assert (group.title, group.note) == ("Both place and approve orders", "Reported only.")
    assert (row.name, row.state, row.link_url) == ("Mikko Laine", "Without an exception", f"{url}/duties")
    assert row.sub.startswith("Tampere · since ")
    notices = page_model(aino.get(url), PersonPage).notices
    text = "Mikko Laine can both place and approve orders, which are kept apart. Without an exception."
    assert [(one.text, one.url) for one in notices] == [(text, LIST)]


def test_report_is_for_those_who_may_see_it(world: World) -> None:
    row = duties.requested(world.vilma, by=world.aino)
    for who, status in ((world.ulla, 403), (world.sami, 403), (world.mikko, 403), (world.tiina, 404)):
        browser = signed_in.browser(who)
        assert browser.get(LIST).status_code == status
        assert browser.get(f"{LIST}/exceptions/{row.id}").status_code == status
        for step in ("accept", "close"):
            sent = browser.post(f"{LIST}/exceptions/{row.id}", {"step": step, "idempotency_key": "a"})
            assert sent.status_code == status
        asked = browser.post(f"{KOSKELA}/people/{world.olli.id}/duties", ask_form())
        assert asked.status_code in {403, 404}
    assert DutyException.objects.get().state == "open"


def test_exception_of_another_organization_is_unknown(world: World) -> None:
    row = duties.requested(world.vilma, by=world.aino)
    tiina = signed_in.browser(world.tiina)
    for answer in (
        tiina.get(f"/o/pohjola/duties/exceptions/{row.id}"),
        tiina.post(f"/o/pohjola/duties/exceptions/{row.id}", {"step": "accept", "idempotency_key": "a"}),
        tiina.post(f"/o/pohjola/people/{world.vilma.id}/duties", ask_form()),
    ):
        assert answer.status_code == 404


def test_exception_from_the_request_to_the_access(world: World) -> None:
    duties.declare(world)
    aino, paivi = signed_in.browser(world.aino), signed_in.browser(world.paivi)
    url = f"{KOSKELA}/people/{world.vilma.id}"
    empty = page_model(aino.post(f"{url}/duties", {}), DutyAskPage)
    assert set(empty.form.errors) == {"conflict", "until", "reason"}
    late = page_model(aino.post(f"{url}/duties", {**ask_form(), "until": LATE}), DutyAskPage)
    assert late.form.errors["until"] == ["An exception ends within a year. Enter an earlier day."]
    assert not DutyException.objects.exists()

    sent = aino.post(f"{url}/duties", ask_form())
    row = DutyException.objects.get()
    page = f"{LIST}/exceptions/{row.id}"
    assert sent["Location"] == page
    again = page_model(aino.post(f"{url}/duties", {**ask_form(), "idempotency_key": "b"}), DutyAskPage)
    assert "waits for a second person" in str(again.form.non_field_errors())
    own = page_model(aino.get(page), DutyExceptionPage)
    assert own.layout == "base.html"
    assert (own.part.can_accept, own.part.close_label) == (False, "Withdraw the request")
    assert ("Reason", "The approver is on leave") in own.part.facts
    aino.post(page, {"step": "accept", "idempotency_key": "c"})
    paivi.post(page, {})
    assert DutyException.objects.get().state == "open"

    other = page_model(paivi.get(page), DutyExceptionPage)
    assert (other.part.can_accept, other.part.close_label, other.part.hint) == (True, "Refuse", "")
    for _twice in range(2):
        paivi.post(page, {"step": "accept", "idempotency_key": "d"})
    assert DutyException.objects.get().state == "accepted"
    give_until(aino, url, f"{clock.now() + dt.timedelta(days=40):%d.%m.%Y}", accepted=False)
    give_until(aino, url, ask_form()["until"], accepted=True)
    assert Assignment.objects.filter(membership=world.vilma, role__key="approver").exists()
    (group,) = page_model(aino.get(LIST), DutiesPage).report.groups
    assert [(one.name, one.tone) for one in group.rows] == [("Vilma Salo", "ok")]
    aino.post(page, {"step": "close", "idempotency_key": "e"})
    assert DutyException.objects.get().state == "revoked"


def give_until(browser: Client, person: str, until: str, *, accepted: bool) -> None:
    """Send the form of access for the tier that holds both."""
    sent = browser.post(
        f"{person}/access",
        {
            "tier": "approver",
            "limit_approver": "100",
            "where": "all",
            "until": until,
            "idempotency_key": until.replace(".", ""),
        },
    )
    if accepted:
        assert sent.status_code == 302
    else:
        errors = page_model(sent, AccessPage).form.errors
        assert "Set the end to" in str(errors["until"])


def test_refusal_stands_at_the_tier_of_the_form(world: World) -> None:
    duties.declare(world)
    browser = signed_in.browser(world.aino)
    form = {"tier": "approver", "limit_approver": "100", "where": "all", "idempotency_key": "a"}
    page = page_model(browser.post(f"{KOSKELA}/people/{world.vilma.id}/access", form), AccessPage)
    (text,) = page.form.errors["tier"]
    assert str(text).startswith(
        "One person could then place and approve the same orders. These are kept apart"
    )


def test_report_takes_a_literal_number_of_statements(world: World) -> None:
    browser = signed_in.browser(world.aino)
    seen = []
    for people in ([world.mikko], [world.olli, world.vilma]):
        for member in people:
            world.change(member, world.access("approver"))
        browser.get(LIST)
        seen.append(count_statements(browser, LIST))
    assert seen[0] == seen[1]
