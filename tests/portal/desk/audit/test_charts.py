"""The charts count the acts that the reader's rights reach, by day or month, kind and outcome."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from audit.foundation import clock
from audit.models import Event
from delegation.authorization.errors import Denied
from delegation.people.commands import members
from portal.desk.audit.charts_context import ChartsPage
from portal.shell import charts
from portal.shell.charts import ColumnRow
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import count_statements, page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import actor_of

pytestmark = pytest.mark.django_db(transaction=True)

CHARTS = "/staff/events/charts"
STATEMENTS = 5


@pytest.fixture
def removal(desk: Desk) -> Desk:
    """Aino removes two colleagues; Sami tries, too, and is refused; an auditor has viewed the events."""
    world = desk.world
    members.remove(actor=actor_of(world.aino), memberships=[world.mikko, world.olli], reason="left")
    with pytest.raises(Denied):
        members.remove(actor=actor_of(world.sami), memberships=[world.aino], reason="left")
    desk.browser("auditor").get("/staff/events/")
    return desk


def charts_of(browser: BrowserClient, **query: str) -> ChartsPage:
    return page_model(browser.get(CHARTS, query), ChartsPage)


def last_row(page: ChartsPage, chart: str) -> list[str]:
    (found,) = (one for one in page.columns if one.id == chart)
    return list(found.rows[-1][1])


def test_charts_count_acts_by_day_kind_and_outcome(removal: Desk) -> None:
    page = charts_of(removal.browser("auditor"))
    today = clock.now().astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    acts = Event.objects.filter(organization__in=[removal.world.koskela.id, removal.world.pohjola.id])
    done = acts.filter(outcome="done", at__date__gte=today - dt.timedelta(days=1)).count()
    assert last_row(page, "acts") == [str(done), "1"]
    assert last_row(page, "staff") == ["0", "2"], "two customers were viewed"
    assert len(page.columns[0].rows) == 30
    assert {one.label: one.value for one in page.kinds}["Removals"] == "2"
    (refused,) = page.refused
    assert (refused.label, refused.value, refused.width) == ("To remove a person", "1", "100.0")
    events = removal.browser("auditor").get(refused.url)
    assert events.content.count(b'class="kh-event') - events.content.count(b'class="kh-event_') == 1


def test_long_range_is_counted_by_month_and_a_longer_one_refused(removal: Desk) -> None:
    browser = removal.browser("auditor")
    today = clock.now().date()
    by_month = charts_of(browser, **{"from": f"{today.year - 1}-{today.month:02}-01"})
    assert (by_month.columns[0].column, len(by_month.columns[0].rows)) == ("Month", 13)
    too_long = charts_of(browser, **{"from": f"{today.year - 3}-01-01"})
    assert (too_long.from_error, list(too_long.columns)) == ("Choose two years at most.", [])


def test_staff_of_another_unit_count_none_of_the_customer(removal: Desk) -> None:
    page = charts_of(removal.browser("auditor", unit=removal.staff.eesti))
    assert (list(page.refused), last_row(page, "staff")) == ([], ["0", "0"])
    assert {one.label: one.value for one in page.kinds}["Removals"] == "0"


def test_charts_take_five_statements_and_record_no_reading(removal: Desk) -> None:
    before = Event.objects.count()
    assert count_statements(removal.browser("auditor"), CHARTS) == STATEMENTS
    assert Event.objects.count() == before


def test_columns_end_at_the_line_of_their_value() -> None:
    rows = [ColumnRow("Nov", "Nov", (50, 0)), ColumnRow("Dec", "Dec", (100, 25))]
    plot = charts.columns(chart_id="c", title="", sub="", series=("a", "b"), column="Month", rows=rows).wide
    assert [value.text for value in plot.values] == ["0", "25", "50", "75", "100"]
    tops = {value.text: value.y for value in plot.values}
    assert [rect.y for rect in plot.rects] == [tops["50"], tops["0"], tops["100"], tops["25"]]
    assert [float(rect.x) for rect in plot.rects] == sorted(float(rect.x) for rect in plot.rects)
