"""A CSV file is written so that spreadsheet programs of every language read it and compute no cell.

The file is UTF-8 with a byte order mark: without it, Excel reads `ä` as `Ã¤`. Semicolons separate the values in
languages that write decimals with a comma, because their Excel reads commas as text.
"""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

from portal.wording import cldr

_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""A spreadsheet program computes a cell that begins with one of these or their full-width forms, even quoted."""
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Begins a file."""


def text(lines: Sequence[Sequence[str]]) -> str:
    """Write the lines (RFC 4180) with each value in quotation marks, after the byte order mark."""
    separator = ";" if "," in cldr.decimal(Decimal("0.5")) else ","
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(
        [[neutralized(value) for value in line] for line in lines]
    )
    return BYTE_ORDER_MARK + file.getvalue()


def neutralized(value: str) -> str:
    """Return the value as text: an apostrophe stands before what a spreadsheet program would compute."""
    return f"'{value}" if value.startswith(("\t", "\r", "\n")) or value.strip()[:1] in _FORMULA else value
