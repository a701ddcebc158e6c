"""Support sees that a person blocked the own sign-in, and closes the report with a note; the customer reads both."""

import pytest

from audit.foundation import clock
from delegation.takeover_reports import commands
from delegation.takeover_reports.models import TakeoverReport
from portal.desk.home.context import DeskHomePage
from portal.desk.takeover_reports.views import TakeoverPage
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_report_is_on_the_worklist_until_support_closes_it(desk: Desk) -> None:
    world = desk.world
    commands.report(actor=actor_of(world.olli), person=world.olli.user, changed_at=clock.now())
    support = desk.browser("support")
    (line,) = page_model(support.get("/staff/"), DeskHomePage).takeovers
    shown = page_model(support.get(line.url), TakeoverPage)
    assert (shown.name, shown.is_open, "Note" in dict(shown.facts)) == (world.olli.user.name, True, False)
    assert support.get(line.url.replace("koskela", "pohjola")).status_code == 404
    for wrong in ({}, {"note": "", "step": "close"}, {"note": "Called", "step": "open"}):
        assert support.post(line.url, wrong).status_code == 200
    assert TakeoverReport.objects.get().closed_at is None
    for _ in range(2):
        support.post(line.url, {"note": "Called him", "step": "close", "idempotency_key": "k1"})
    closed = page_model(support.get(line.url), TakeoverPage)
    assert (closed.is_open, dict(closed.facts)["Note"]) == (False, "Called him")
    assert page_model(support.get("/staff/"), DeskHomePage).takeovers == []
    log = visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/activity"))
    assert "reported a change by another person and blocked the own sign-in" in log
    assert "closed the report" in log
    assert "Called him" not in log
