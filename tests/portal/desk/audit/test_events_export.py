"""The events of a search as a file: the same rows in each format, with the search and the proofs."""

import csv
import io
import json

import pytest

from audit.models import Event
from delegation.people.commands import members
from portal.desk.audit import events_file
from tests.fixtures.events import body
from tests.fixtures.pages import page_messages
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import actor_of
from tests.fixtures.xlsx_cells import cells_of

pytestmark = pytest.mark.django_db(transaction=True)

EXPORT = "/staff/events/export"
REMOVAL = "verb:member.remove"


@pytest.fixture
def removal(desk: Desk) -> Desk:
    """Aino removes two colleagues."""
    world = desk.world
    members.remove(actor=actor_of(world.aino), memberships=[world.mikko, world.olli], reason="left")
    return desk


def test_each_format_holds_the_search_the_rows_and_the_proofs(removal: Desk) -> None:
    browser = removal.browser("auditor")
    files = {
        kind: browser.get(EXPORT, {"q": REMOVAL, "format": kind, "before": str(removal.world.mikko.id)})
        for kind in ("jsonl", "csv", "xlsx")
    }
    head, *rows = map(json.loads, files["jsonl"].content.decode().splitlines())
    assert (head["search"], head["show"], head["rows"]) == (REMOVAL, "changes", 2)
    assert {row["sentence"] for row in rows} == {
        "Aino Virtanen removed Mikko Laine", "Aino Virtanen removed Olli Mäkinen",
    }  # fmt: skip
    event = Event.objects.get(id=rows[0]["event"])
    assert (rows[0]["log"], rows[0]["number"], rows[0]["hash"], rows[0]["verified"]) == (
        str(event.chain), event.seq, bytes(event.hash).hex(), "yes",
    )  # fmt: skip
    table = list(csv.reader(io.StringIO(files["csv"].content.decode("utf-8-sig"))))
    titles, *lines = table[table.index([]) + 1 :]
    assert [dict(zip(titles, line, strict=True)) for line in lines] == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]
    assert cells_of(files["xlsx"].content)[len(head) + 1 :] == [titles, *lines]
    assert files["xlsx"]["Content-Disposition"].endswith('.xlsx"')


def test_export_is_a_reading_of_its_own(removal: Desk) -> None:
    removal.browser("auditor").get(EXPORT, {"q": REMOVAL, "format": "csv"})
    (reading,) = Event.objects.filter(verb="customer_data.read")
    assert (reading.organization, body(reading)["facts"]["page"]) == (
        removal.world.koskela.id, "events_export",
    )  # fmt: skip


def test_search_without_a_file_leads_back_to_its_page(removal: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = removal.browser("auditor")
    for query in ({"format": "pdf"}, {"format": "csv", "q": "verb:nothing"}, {"format": "csv", "from": "x"}):
        assert browser.get(EXPORT, query).status_code == 302, query
    monkeypatch.setattr(events_file, "MAX_ROWS", 1)
    answer = browser.get(EXPORT, {"q": REMOVAL, "format": "csv"}, follow=True)
    assert page_messages(answer) == [
        "This file holds at most 1 events. Export in the background, or choose fewer days."
    ]
    assert Event.objects.filter(verb="customer_data.read").count() == 1, "of the page alone"
