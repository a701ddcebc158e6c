"""A chart is drawn on the server as SVG: its numbers are positions, and a table beside it has the values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from portal.wording import cldr

SERIES = ("kh-plot__bar", "kh-plot__bar2")
"""The looks of the first and the second series."""
_LEFT, _TOP, _BOTTOM, _MOST_LABELS = 40, 12, 26, 6


@dataclass(frozen=True, slots=True)
class Rect:
    """Describes a bar in user units; texts, because a template would write a decimal comma."""

    look: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Label:
    """Describes a text at a position."""

    x: str
    y: str
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Holds one drawing of columns."""

    width: int
    height: int
    left: int
    rects: Sequence[Rect]
    values: Sequence[Label]
    """Of the axis; a line is drawn beside each."""
    labels: Sequence[Label]


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """Describes columns over time: the same drawing for wide and narrow windows, and the table of its numbers."""

    id: str
    title: str
    sub: str
    series: Sequence[str]
    """The names of one or two series."""
    wide: Plot
    narrow: Plot
    rows: Sequence[tuple[str, Sequence[str]]]
    column: str
    """The heading of the days or months."""


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """Holds the values of one day or month, a value of each series; `short` stands below the columns."""

    label: str
    short: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class BarLine:
    """Describes a bar with its value; `width` is its part of the longest, in percent."""

    label: str
    url: str
    width: str
    value: str


def columns(
    *, chart_id: str, title: str, sub: str, series: Sequence[str], column: str, rows: Sequence[ColumnRow]
) -> ColumnChart:
    """Draw one column of each series for each row."""
    return ColumnChart(
        id=chart_id,
        title=title,
        sub=sub,
        series=series,
        wide=_plot(rows, width=504, height=190),
        narrow=_plot(rows, width=328, height=170),
        rows=[(row.label, [cldr.number(value) for value in row.values]) for row in rows],
        column=column,
    )


def bars(rows: Sequence[tuple[str, str, int]]) -> list[BarLine]:
    """Draw a line for each label, address and value."""
    longest = max((value for *_, value in rows), default=0) or 1
    return [
        BarLine(label, url, f"{100 * value / longest:.1f}", cldr.number(value)) for label, url, value in rows
    ]


def _plot(rows: Sequence[ColumnRow], *, width: int, height: int) -> Plot:
    top = _axis(max((value for row in rows for value in row.values), default=0))
    room, step = height - _TOP - _BOTTOM, (width - _LEFT) / max(len(rows), 1)
    every = math.ceil(len(rows) / _MOST_LABELS) or 1
    rects, labels = [], []
    for index, row in enumerate(rows):
        bar = step * 0.72 / max(len(row.values), 1)
        for place, value in enumerate(row.values):
            high = room * value / top
            numbers = (_LEFT + step * (index + 0.14) + bar * place, _TOP + room - high, bar * 0.9, high)
            rects.append(Rect(SERIES[place], *(f"{number:.1f}" for number in numbers)))
        if index % every == 0:
            labels.append(Label(f"{_LEFT + step * (index + 0.5):.1f}", str(height - 6), row.short))
    steps = [top * part // 4 for part in range(5)] if top % 4 == 0 else [0, top]
    values_of_axis = [
        Label(str(_LEFT - 8), f"{_TOP + room - room * value / top:.1f}", cldr.number(value))
        for value in steps
    ]
    return Plot(width, height, _LEFT, rects, values_of_axis, labels)


def _axis(highest: int) -> int:
    """Return a round number at or above the highest value, that four steps divide."""
    if highest <= 4:
        return 4
    unit: int = 10 ** (len(str(highest)) - 1)
    return next(
        value for part in (1, 2, 4, 6, 8, 10, 20) if (value := part * unit) >= highest and value % 4 == 0
    )
