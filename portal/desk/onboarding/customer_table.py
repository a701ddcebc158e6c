"""Customers stand one a line in a table with a header: CSV (RFC 4180), or cells copied from a spreadsheet program."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

REQUIRED = ("name", "number", "admin_name", "admin_email")
OPTIONAL = (
    "unit", "register_id", "language", "time_zone", "sites", "domains", "key", "second_name", "second_email",
    "admin_language", "template", "services", "limit", "invoice_name", "invoice_email", "invoice_phone",
    "contract_name", "contract_email", "contract_phone",
)  # fmt: skip
COLUMNS = (*REQUIRED, *OPTIONAL)
"""The words of the header, which are the fields of the form for one customer."""
MAX_CUSTOMERS = 1000
_SEPARATORS = ";,\t"
_WITHIN = re.compile(r"[|\n]")
"""Separates several sites, and several services, of one cell."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """Holds the cells of one customer by column, and the line of the text on which they begin."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CustomerTable:
    """Holds the customers of a text; `problems` say why it cannot be read, and there are no rows then."""

    rows: Sequence[TableRow] = ()
    problems: Sequence[str] = ()


def parse(text: str) -> CustomerTable:
    """Read the table; an empty line is no customer."""
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines, begin = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((begin, [cell.strip() for cell in cells]))
            begin = reader.line_num + 1
    except csv.Error:
        return CustomerTable(problems=[_("Line %(line)d: a quotation mark is not closed.") % {"line": begin}])
    return _table(lines)


def _table(lines: list[tuple[int, list[str]]]) -> CustomerTable:
    header = [word.lower() for word in lines[0][1]] if lines else []
    problems = (
        _problems_of_header(header) if lines else [_("Paste the customers, below a line with the columns.")]
    )
    if not problems and len(lines) == 1:
        problems = [_("There is no customer below the line with the columns.")]
    if len(lines) - 1 > MAX_CUSTOMERS:
        problems = [_("These are too many customers: %(most)d at most.") % {"most": MAX_CUSTOMERS}]
    problems += [
        _("Line %(line)d has %(cells)d cells, the header has %(columns)d.")
        % {"line": line, "cells": len(cells), "columns": len(header)}
        for line, cells in lines[1:]
        if not problems and len(cells) > len(header)
    ][:10]
    if problems:
        return CustomerTable(problems=problems)
    return CustomerTable(
        [TableRow(line, dict(zip(header, cells, strict=False))) for line, cells in lines[1:]]
    )


def _problems_of_header(header: Sequence[str]) -> list[str]:
    unknown = [word for word in header if word not in COLUMNS]
    missing = [word for word in REQUIRED if word not in header]
    twice = sorted({word for word in header if header.count(word) > 1})
    texts = (
        (unknown, _("The column “%(column)s” is not known.")),
        (missing, _("The column “%(column)s” is missing.")),
        (twice, _("The column “%(column)s” is there twice.")),
    )
    return [text % {"column": word[:40]} for words, text in texts for word in words]


def several(cell: str) -> list[str]:
    """Return the parts of a cell that holds several values."""
    return [part.strip() for part in _WITHIN.split(cell) if part.strip()]
