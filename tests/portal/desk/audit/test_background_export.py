"""A large export is computed in parts by the deliverer, for who asked alone, and proves itself offline."""

import csv
import io
import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from audit import verify_export
from audit.checkpoints.folder import Folder
from audit.foundation import clock
from audit.models import Event
from audit.verify_export import EventsVerifier
from delegation.log_exports import export_parts, own_exports
from delegation.log_exports.models import LogExport, LogExportPart
from delegation.people.commands import members
from portal.desk.audit.exports_page import ExportsPage
from provisioning import log_exports
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.events import body
from tests.fixtures.pages import page_model
from tests.fixtures.signed_log import ORIGIN, Log
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import actor_of, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
EXPORTS = "/staff/events/exports"
ASKED = {"q": "org:koskela", "show": "all", "idempotency_key": "k1"}
MINUTE = 60.0


@pytest.fixture
def signed(desk: Desk, settings: LazySettings, tmp_path: Path) -> Log:
    """A log with a key for checkpoints, in parts of four events."""
    settings.CHECKPOINTS_FOLDER = tmp_path / "checkpoints"
    folder = Folder(tmp_path / "checkpoints")
    folder.make_key(origin=ORIGIN, replace=False)
    return Log(desk.world, folder)


def start(browser: BrowserClient, **fields: str) -> ExportsPage:
    answer = browser.post(EXPORTS, {**ASKED, **fields})
    assert (answer.status_code, answer["Location"]) == (302, EXPORTS)
    return page_model(browser.get(EXPORTS), ExportsPage)


def file(browser: BrowserClient, kind: str) -> bytes:
    (row,) = page_model(browser.get(EXPORTS), ExportsPage).rows
    url = next(link.url for link in row.links if kind in link.url)
    answer = browser.get(url)
    assert answer.status_code == 200
    return bytes(answer.getvalue())


def problems(log: Log, content: bytes) -> list[str]:
    verifier = EventsVerifier(log.folder.verifier_keys())
    verifier.verify(io.BytesIO(content))
    return verifier.problems


def moved(content: bytes) -> bytes:
    """The file with another place for its first event."""
    lines = content.splitlines(keepends=True)
    line = json.loads(lines[1])
    text = json.dumps(
        {**line, "index": line["index"] - 1}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return b"".join([lines[0], f"{text}\n".encode(), *lines[2:]])


def test_export_goes_on_after_a_killed_worker_and_its_file_proves_itself(
    desk: Desk, signed: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(export_parts, "PART", 4)
    browser = desk.browser("auditor")
    for _ in range(2):
        (row,) = start(browser).rows
    assert (row.state, row.links) == ("In progress", ())
    assert "koskela" not in json.dumps(LogExport.objects.get().search), "the search is encrypted"
    assert log_exports.compute() == 0, "it waits for the first checkpoint after the question"
    move_clock(MINUTE)
    signed.sign()
    assert log_exports.compute() == 4
    store, calls = export_parts._store, list[object]()

    def killed(*arguments: Any) -> int:
        calls.append(arguments)
        raise SystemExit

    monkeypatch.setattr(export_parts, "_store", killed)
    with pytest.raises(SystemExit):
        log_exports.compute()
    monkeypatch.setattr(export_parts, "_store", store)
    assert log_exports.compute() == 0, "the part is leased"
    (row,) = page_model(browser.get(EXPORTS), ExportsPage).rows
    assert (row.detail.split(" · ")[0], row.percent != "") == ("4 events, 4 with a proof", True)
    move_clock(3 * MINUTE)
    while log_exports.compute():
        pass
    (row,) = page_model(browser.get(EXPORTS), ExportsPage).rows
    export = LogExport.objects.get()
    events = Event.objects.filter(organization=desk.world.koskela.id, at__lt=export.asked_at)
    assert (row.state, export.rows, export.proven) == ("Ready", events.count(), events.count())
    assert "Aino Virtanen" not in str(LogExportPart.objects.values_list("content", flat=True))
    content = file(browser, "jsonl")
    head, *lines = map(json.loads, content.decode().splitlines())
    assert (head["rows"], head["search"]["org"], len({line["row"]["event"] for line in lines})) == (
        export.rows,
        "koskela",
        export.rows,
    )
    path, key = tmp_path / "export.jsonl", signed.folder.path / "verifier-keys"
    path.write_bytes(content)
    command = [sys.executable, verify_export.__file__, str(path), "--key", str(key)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stdout.splitlines()[-1]) == (0, "The export holds.")
    for changed, problem in (
        (content.replace(b'"outcome":"done"', b'"outcome":"undone"', 1), "differs from the event"),
        (content.replace(b"member.invite", b"member.remove"), "differs from the event: hash"),
        (moved(content), "is not in the log"),
        (content.rsplit(b"\n", 2)[0] + b"\n", "its header says"),
        (content + content.splitlines(keepends=True)[-1], "stands here twice"),
    ):
        assert any(problem in text for text in problems(signed, changed)), problem
    table = list(csv.reader(io.StringIO(file(browser, "csv").decode("utf-8-sig"))))
    titles, *rows = table[table.index([]) + 1 :]
    assert (titles[-2:], len(rows)) == (["leaf_index", "proof"], export.rows)
    assert file(browser, "xlsx")[:2] == b"PK"


def test_readers_of_others_and_lost_rights_get_nothing_and_customers_see_the_reading(
    desk: Desk, signed: Log
) -> None:
    browser, other = desk.browser("auditor"), desk.browser("support")
    start(browser)
    members.remove(actor=actor_of(desk.world.aino), memberships=[desk.world.olli], reason="left")
    move_clock(4 * MINUTE)
    while log_exports.compute():
        pass
    (export,) = LogExport.objects.all()
    assert (export.state, export.proven) == ("done", 0), "without a checkpoint it is made, unproven"
    (event,) = Event.objects.filter(verb="customer_data.read", organization=desk.world.koskela.id)
    assert (body(event)["facts"]["page"], event.actor_kind) == ("events_export", "staff")
    url = f"{EXPORTS}/{export.id}?format=jsonl"
    assert (browser.get(url).status_code, other.get(url).status_code) == (200, 404)
    assert browser.get(f"{EXPORTS}/{uuid.uuid4()}?format=jsonl").status_code == 404
    assert page_model(other.get(EXPORTS), ExportsPage).rows == []
    other.post(EXPORTS, {"delete": str(export.id)})
    assert LogExport.objects.count() == 1
    start(browser, idempotency_key="k2")
    right = desk.user("auditor", desk.staff.kivisalo)
    with bypassing_commands():
        LogExport.objects.update(rights=[str(uuid.uuid4())])
    assert browser.get(url).status_code == 404
    move_clock(8 * MINUTE)
    log_exports.compute()
    assert LogExport.objects.get(state="failed").failure == "rights"
    assert right.is_active
    move_clock(own_exports.KEPT.total_seconds() + 9 * MINUTE)
    log_exports.compute()
    assert (LogExport.objects.count(), LogExportPart.objects.count()) == (0, 0)


def test_questions_that_cannot_be_exported_say_why(desk: Desk) -> None:
    browser = desk.browser("auditor")
    wrong = page_model(browser.post(EXPORTS, {**ASKED, "q": "verb:nothing"}), ExportsPage)
    assert (bool(wrong.error), wrong.rows) == (True, [])
    page_model(browser.post(EXPORTS, {**ASKED, "from": "x"}), ExportsPage)
    for number in range(own_exports.MOST):
        start(browser, idempotency_key=f"k{number}")
    full = page_model(browser.post(EXPORTS, {**ASKED, "idempotency_key": "one-more"}), ExportsPage)
    assert (full.error, len(full.rows)) == ("You have 5 exports. Delete one first.", own_exports.MOST)
    answer = browser.post(EXPORTS, {"delete": full.rows[0].id})
    assert answer.status_code == 302
    assert LogExport.objects.count() == own_exports.MOST - 1
    assert clock.now() < LogExport.objects.earliest("expires_at").expires_at
