"""Filters in the query string are parsed strictly and written canonically."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from portal.http import control_characters

_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Option:
    """Describes one choice of a filter, with its address."""

    label: str
    url: str
    current: bool = False
    count: str = ""
    """How many rows it would show; empty where that is not counted."""


@dataclass(frozen=True, slots=True)
class FilterMenu:
    """Describes a filter with its choices, for `kh.filter`. With `value` it is on, and `clear_url` turns it off."""

    label: str
    options: Sequence[Option]
    value: str = ""
    clear_url: str = ""


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """Describes a filter that is on, for `kh.active_filter`; `url` is the list without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class HiddenField:
    """Holds a parameter of the address that a form sends along."""

    name: str
    value: str


def text(query: QueryDict, name: str) -> str:
    """Return the searched text with single spaces, cut to 200 characters."""
    return " ".join(query.get(name, "").split())[:_MAX_LENGTH]


def nested(query: QueryDict, name: str) -> QueryDict:
    """Return the query string that is the value of a parameter, read as strictly as that of an address.

    It is empty for one with a control character or of too many fields: only the outer string has been checked.
    """
    try:
        values = QueryDict(query.get(name, ""))
    except TooManyFieldsSent:
        return QueryDict()
    return QueryDict() if control_characters.has_control_characters_in_values(values) else values


def choice(query: QueryDict, name: str, allowed: Mapping[str, Any]) -> str:
    """Return one of the allowed values, else an empty text."""
    value = query.get(name, "")
    return value if value in allowed else ""


def choices(query: QueryDict, name: str, allowed: Mapping[str, Any]) -> tuple[list[str], bool]:
    """Return the allowed values, each once in the order of `allowed`, and whether the address has others."""
    sent = {value for value in query.getlist(name) if value}
    return [value for value in allowed if value in sent], bool(sent - allowed.keys())


def with_values(url: str, values: Mapping[str, str | Sequence[str]]) -> str:
    """Return the address with the values that are not empty; several of one parameter stand after each other."""
    filled = {name: value for name, value in values.items() if value}
    separator = "&" if "?" in url else "?"
    return f"{url}{separator}{urlencode(filled, doseq=True)}" if filled else url


def beside(url: str, values: Mapping[str, str], **anchor: uuid.UUID | None) -> str:
    """Return the address of the list `before` or `after` a row; empty without one."""
    position = {name: str(row) for name, row in anchor.items() if row}
    return with_values(url, {**values, **position}) if position else ""


def menu(
    *, label: str, name: str, options: Mapping[str, str], values: Mapping[str, str], url: str, any_label: str
) -> FilterMenu:
    """Return a filter that is off."""
    choices = [Option(any_label, with_values(url, {**values, name: ""}), current=True)]
    choices += [Option(shown, with_values(url, {**values, name: value})) for value, shown in options.items()]
    return FilterMenu(label, choices)


def active_filter(
    *, label: str, name: str, options: Mapping[str, str], values: Mapping[str, str], url: str
) -> ActiveFilter:
    """Return a filter that is on."""
    return ActiveFilter(label, options[values[name]], with_values(url, {**values, name: ""}))


def hidden_fields(values: Mapping[str, str | Sequence[str]], *, without: str = "") -> list[HiddenField]:
    """Return the parameters that are set, but for the one the form itself sends."""
    return [
        HiddenField(name, value)
        for name, one_or_several in values.items()
        if name != without
        for value in ([one_or_several] if isinstance(one_or_several, str) else one_or_several)
        if value
    ]
