"""Requests and answers are stored without secrets and without anything about a person: their shape stays."""

import json
import re
from typing import Any
from urllib.parse import unquote

MASK = "…"
_MASKED = f'"{MASK}"'
_LONGEST = 4000
_MOST_ITEMS, _DEEPEST = 20, 12
_KEY = re.compile(r"[A-Za-z0-9_$.:/-]{1,120}")
_KEPT_TEXTS = frozenset({"schemas", "op", "path", "scimtype", "resourcetype", "status"})
_KEPT_NUMBERS = frozenset({"totalresults", "startindex", "itemsperpage", "status"})
_PROTOCOL = re.compile(r"[A-Za-z0-9_$.:/ \[\]\"…-]{1,200}")
# A string of JSON, also one that is cut off: a quote behind a backslash is a part of it (RFC 7644 §3.4.2.2).
_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)
_RECORD = re.compile(r"(/[A-Za-z]+)/[^/?]+")
_PARAMETER = re.compile(r"(startIndex|count)=(\d{1,9})")


def path(text: str) -> str:
    """Return the path of a request: `/Users/…`, `/Users?filter=userName eq "…"`."""
    address, mark, query = text.partition("?")
    address = _RECORD.sub(rf"\1/{MASK}", address)
    if not mark:
        return address
    parts = [_parameter(part) for part in query.split("&")]
    return f"{address}?{'&'.join(parts)}"


def _parameter(part: str) -> str:
    name, _, value = part.partition("=")
    if _PARAMETER.fullmatch(part):
        return part
    if name != "filter":
        return f"{name}={MASK}" if _KEY.fullmatch(name) else MASK
    return f"filter={_text(unquote(value))}"


def body(content: bytes | int) -> str:
    """Return a JSON body with its keys, its booleans and the protocol's own words; else how long it is."""
    if isinstance(content, int):
        return f"({content} B)"
    if not content:
        return ""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return f"({len(content)} B)"
    return json.dumps(_masked(value, "", 0), ensure_ascii=False)[:_LONGEST]


def _masked(value: Any, key: str, depth: int) -> Any:
    if depth > _DEEPEST:
        return MASK
    if isinstance(value, dict):
        return {
            name if _KEY.fullmatch(name) else MASK: _masked(part, name.casefold(), depth + 1)
            for name, part in list(value.items())[:_MOST_ITEMS]
        }
    if isinstance(value, list):
        return [_masked(part, key, depth + 1) for part in value[:_MOST_ITEMS]]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value) if key in _KEPT_TEXTS else MASK
    return value if key in _KEPT_NUMBERS else MASK


def _text(value: str) -> str:
    """Return a word of the protocol, such as `replace` or `emails[type eq "…"].value`."""
    text = _QUOTED.sub(_MASKED, value)
    return text if _PROTOCOL.fullmatch(text) else MASK
