"""An auditor's export is a CSV, XLSX or JSON Lines file: what was asked, the number of rows, then the rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _

from portal.shell import csv_file, query_string, xlsx_file
from portal.shell.components import Link

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": xlsx_file.CONTENT_TYPE,
    "jsonl": "application/jsonl; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class ExportFile:
    """Holds what a file says; `head` is in codes, and `cells` are the rows of the tables under `titles`."""

    name: str
    head: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    titles: Sequence[str]
    cells: Sequence[Sequence[Any]]


def asked_format(query: QueryDict) -> str:
    """Return the format that the address names; empty for an unknown one."""
    return query_string.choice(query, "format", CONTENT_TYPES)


def links(url: str, values: Mapping[str, str]) -> list[Link]:
    """Return the addresses of the three files."""
    texts = {"csv": _("Export as CSV"), "xlsx": _("Export as XLSX"), "jsonl": _("Export as JSON Lines")}
    return [
        Link(text, query_string.with_values(url, {**values, "format": kind})) for kind, text in texts.items()
    ]


def response(kind: str, file: ExportFile) -> HttpResponse:
    """Answer with the file in this format."""
    return HttpResponse(
        _content(kind, file),
        content_type=CONTENT_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{file.name}.{kind}"'},
    )


def _content(kind: str, file: ExportFile) -> bytes:
    """Return the head first: in JSON Lines as the first line, else as a line for each part and an empty line."""
    if kind == "jsonl":
        lines = (json.dumps(line, ensure_ascii=False) for line in (file.head, *file.rows))
        return "".join(f"{line}\n" for line in lines).encode()
    head = [[name, _cell(value)] for name, value in file.head.items()]
    table = [*head, [], list(file.titles), *([_cell(value) for value in row] for row in file.cells)]
    return xlsx_file.content(table) if kind == "xlsx" else csv_file.text(table).encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(value) if isinstance(value, list) else str(value)
