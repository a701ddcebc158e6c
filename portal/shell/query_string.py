"""Filters live in the address: read strictly, written canonically."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

_LONG = 200


def text(query: QueryDict, name: str) -> str:
    """What was searched, without surrounding space; the beginning of what is too long."""
    return " ".join(query.get(name, "").split())[:_LONG]


def choice(query: QueryDict, name: str, allowed: Mapping[str, Any]) -> str:
    """One of the allowed values; nothing for any other."""
    value = query.get(name, "")
    return value if value in allowed else ""


def with_values(url: str, values: Mapping[str, str]) -> str:
    """The address with those of the values that say something."""
    said = {name: value for name, value in values.items() if value}
    return f"{url}?{urlencode(said)}" if said else url


def menu(
    *, label: str, name: str, options: Mapping[str, str], values: Mapping[str, str], url: str, any_label: str
) -> dict[str, Any]:
    """A filter that is off, as `kh.filter` takes it."""
    rows = [{"label": any_label, "url": with_values(url, {**values, name: ""}), "current": True}]
    rows += [
        {"label": shown, "url": with_values(url, {**values, name: value}), "current": False}
        for value, shown in options.items()
    ]
    return {"label": label, "options": rows}


def chip(
    *, label: str, name: str, options: Mapping[str, str], values: Mapping[str, str], url: str
) -> dict[str, Any]:
    """A filter that is on, as `kh.chip` takes it."""
    return {"label": label, "value": options[values[name]], "url": with_values(url, {**values, name: ""})}


def kept(values: Mapping[str, str], *, besides: str) -> list[dict[str, str]]:
    """The other parameters, for the search form."""
    return [{"name": name, "value": value} for name, value in values.items() if value and name != besides]
