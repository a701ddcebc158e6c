"""Filters in the query string: parsed strictly, written canonically."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

_MAX_LENGTH = 200


def text(query: QueryDict, name: str) -> str:
    """The search text with single spaces, cut at the maximum length."""
    return " ".join(query.get(name, "").split())[:_MAX_LENGTH]


def choice(query: QueryDict, name: str, allowed: Mapping[str, Any]) -> str:
    """The value where it is allowed, else an empty text."""
    value = query.get(name, "")
    return value if value in allowed else ""


def with_values(url: str, values: Mapping[str, str]) -> str:
    """The address with the values that are not empty."""
    present = {name: value for name, value in values.items() if value}
    return f"{url}?{urlencode(present)}" if present else url


def menu(
    *, label: str, name: str, options: Mapping[str, str], values: Mapping[str, str], url: str, any_label: str
) -> dict[str, Any]:
    """An inactive filter for the component `kh.filter`."""
    rows = [{"label": any_label, "url": with_values(url, {**values, name: ""}), "current": True}]
    rows += [
        {"label": shown, "url": with_values(url, {**values, name: value}), "current": False}
        for value, shown in options.items()
    ]
    return {"label": label, "options": rows}


def chip(
    *, label: str, name: str, options: Mapping[str, str], values: Mapping[str, str], url: str
) -> dict[str, Any]:
    """An active filter for the component `kh.chip`."""
    return {"label": label, "value": options[values[name]], "url": with_values(url, {**values, name: ""})}


def hidden_fields(values: Mapping[str, str], *, without: str) -> list[dict[str, str]]:
    """The other parameters, as hidden fields of the search form."""
    return [{"name": name, "value": value} for name, value in values.items() if value and name != without]
