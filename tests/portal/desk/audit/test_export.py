"""The answer as a file: the question, the rows and their proofs; within five clicks of the first page."""

import csv
import datetime as dt
import io
import json

import pytest

from audit.foundation import clock
from audit.models import Event
from portal.desk.audit.context import AnswerPage
from portal.shell import access_answer_file
from tests.fixtures.events import body
from tests.fixtures.pages import page_messages, page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import PLACE, move_clock

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = "/staff/audit/koskela/"


@pytest.fixture
def question(desk: Desk) -> dict[str, str]:
    """Who could place orders, a minute after everybody joined."""
    desk.user("auditor", desk.staff.kivisalo)
    move_clock(120)
    now = (clock.now() - dt.timedelta(seconds=30)).astimezone(dt.timezone(dt.timedelta(hours=2)))
    return {"could": PLACE, "day": now.strftime("%Y-%m-%d"), "time": now.strftime("%H:%M")}


def test_json_lines_hold_the_question_the_rows_and_the_proofs(desk: Desk, question: dict[str, str]) -> None:
    answer = desk.browser("auditor").get(f"{ANSWER}export", {**question, "format": "jsonl"})
    head, *rows = map(json.loads, answer.content.decode().splitlines())
    assert (head["could"], head["customer"], head["rows"]) == (PLACE, "koskela", 2)
    assert [(row["person"], row["amount"], row["sites"]) for row in rows] == [
        ("Mikko Laine", "5000.00", ["Tampere"]),
        ("Olli Mäkinen", "500.00", ["Oulu"]),
    ]
    event = Event.objects.get(id=rows[0]["assigned"]["event"])
    assert rows[0]["assigned"] == {
        "event": str(event.id), "chain": str(event.chain), "seq": event.seq, "hash": bytes(event.hash).hex(),
    }  # fmt: skip
    assert rows[0]["ended"] is None


def test_csv_holds_the_same_as_json_lines(desk: Desk, question: dict[str, str]) -> None:
    answer = desk.browser("auditor").get(f"{ANSWER}export", {**question, "format": "csv"})
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    empty = lines.index([])
    assert dict(lines[:empty])["rows"] == "2"
    header, *rows = lines[empty + 1 :]
    first = dict(zip(header, rows[0], strict=True))
    assert (first["person"], first["amount"], first["sites"]) == ("Mikko Laine", "5000.00", "Tampere")
    event = Event.objects.get(id=first["assigned_event"])
    assert (first["assigned_hash"], first["assigned_seq"]) == (bytes(event.hash).hex(), str(event.seq))
    assert answer["Content-Disposition"].startswith('attachment; filename="who-could-koskela-')


def test_export_is_a_reading_and_one_of_too_many_rows_is_a_sentence(
    desk: Desk, question: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = desk.browser("auditor")
    monkeypatch.setattr(access_answer_file, "MAX_ROWS", 1)
    answer = browser.get(f"{ANSWER}export", {**question, "format": "csv"}, follow=True)
    assert page_messages(answer) == [
        "A file holds at most 1 rows. Ask about one site, or about a higher amount."
    ]
    readings = Event.objects.filter(verb="customer_data.read").order_by("at")
    assert [body(event)["facts"]["page"] for event in readings] == ["answer"]
    monkeypatch.setattr(access_answer_file, "MAX_ROWS", 2)
    assert browser.get(f"{ANSWER}export", {**question, "format": "csv"}).status_code == 200
    assert [body(event)["facts"]["page"] for event in readings.all()] == ["answer", "export"]


def test_file_is_three_clicks_from_the_first_page(desk: Desk, question: dict[str, str]) -> None:
    browser = desk.browser("auditor")
    assert b'href="/staff/audit/"' in browser.get("/staff/").content  # 1: the entry
    form = {"customer": "K-koskela", **question}
    answer = browser.get("/staff/audit/", form, follow=True)  # 2: the button
    page = page_model(answer, AnswerPage)
    assert browser.get(page.exports[0].url).status_code == 200  # 3: the file
