"""A finished export is a file: what was asked, then a row for each event with its proof."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from audit.verify_export import EVENTS
from delegation.authorization.errors import NotFound
from delegation.log_exports import own_exports
from delegation.log_exports.own_exports import ExportView
from portal.http.request_context import Request
from portal.shell import csv_file, export_file, xlsx_file
from portal.signin.staff.reader import StaffReader

MOST_OF_XLSX = 10_000
"""A spreadsheet file is written in memory."""
_PROOF = ("leaf_index", "proof")


def download(request: Request, reader: StaffReader, export: uuid.UUID) -> HttpResponseBase:
    """Answer with the file. Raises NotFound for an export that is not the reader's, or is not done."""
    kind = export_file.asked_format(request.GET)
    found = own_exports.find(user=reader.actor.id, own=reader.own, export=export, at=reader.at)
    if found is None or found.state != "done" or not kind:
        raise NotFound
    if kind == "xlsx" and found.rows > MOST_OF_XLSX:
        raise NotFound
    name = f"events-{found.search.since:%Y-%m-%d}-{found.search.until:%Y-%m-%d}.{kind}"
    parts = own_exports.parts(user=reader.actor.id, export=export)
    head = _head(reader, found)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    content_type = export_file.CONTENT_TYPES[kind]
    if kind == "xlsx":
        lines_of_sheet = (line for lines in _table(head, parts) for line in lines)
        return HttpResponse(xlsx_file.content(lines_of_sheet), content_type=content_type, headers=headers)
    lines = _json_lines(head, parts) if kind == "jsonl" else _csv(head, parts)
    return StreamingHttpResponse(lines, content_type=content_type, headers=headers)


def _head(reader: StaffReader, export: ExportView) -> dict[str, Any]:
    """Return the search in codes, and what the file answers: the header that the verifier reads."""
    search = export.search
    return {
        "format": EVENTS,
        "checkpoint": export.note or None,
        "search": {
            "show": search.kind.value,
            "text": search.text,
            "actor": search.actor,
            "org": search.organization,
            "subject": search.subject,
            "verbs": None if search.verbs is None else sorted(search.verbs),
            "since": search.since.isoformat(),
            "until": search.until.isoformat(),
        },
        "exported_by": str(reader.actor.id),
        "exported_at": export.asked_at.isoformat(),
        "rows": export.rows,
        "proven": export.proven,
        "cut": export.is_cut,
    }


def _json_lines(head: dict[str, Any], parts: Iterator[list[dict[str, Any]]]) -> Iterator[bytes]:
    yield _line(head)
    for rows in parts:
        yield b"".join(
            _line({"index": row["index"], "event": row["body"], "proof": row["proof"], "row": row["row"]})
            for row in rows
        )


def _line(content: dict[str, Any]) -> bytes:
    """Write the one form that `audit.verify_export` accepts."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{text}\n".encode()


def _table(head: dict[str, Any], parts: Iterator[list[dict[str, Any]]]) -> Iterator[list[list[str]]]:
    """Yield the lines of the tables part by part; the first part is what the file answers."""
    titles: list[str] = []
    yield [
        [name, json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else _cell(value)]
        for name, value in head.items()
    ]
    for rows in parts:
        lines = [
            [*map(_cell, row["row"].values()), _cell(row["index"]), " ".join(row["proof"] or ())]
            for row in rows
        ]
        if rows and not titles:
            titles = [*rows[0]["row"], *_PROOF]
            lines = [[], titles, *lines]
        yield lines


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _csv(head: dict[str, Any], parts: Iterator[list[dict[str, Any]]]) -> Iterator[bytes]:
    for number, lines in enumerate(_table(head, parts)):
        text = csv_file.text(lines)
        yield (text if number == 0 else text.removeprefix(csv_file.BYTE_ORDER_MARK)).encode()
