"""Addresses, JSON and credentials of a request are parsed here alone: length first, depth bounded.

No function raises; each returns nothing for what it cannot read, so that no malformed header or body is a server error.
"""

import base64
import binascii
import json
import re
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote_plus, urlsplit

from django.http import HttpRequest

MAX_URL, MAX_JSON, MAX_DEPTH, MAX_CREDENTIALS = 4096, 65_536, 20, 4096
"""Characters of an address and of JSON, levels of JSON, characters of an Authorization header."""
# Possessive, and the closing quote may lack: a text of opening quotes is read once, not once for each of them.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_OPENING, _CLOSING = "[{", "]}"


_POLL = "Keyholder-Poll"


def is_polled(request: HttpRequest) -> bool:
    """Return whether an open page asks by itself (keyholder.js): no person caused the request."""
    return _POLL in request.headers


def split_url(text: str) -> SplitResult | None:
    """Return the parts of an address, also of a relative one."""
    if len(text) > MAX_URL:
        return None
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - read here, because it raises for a port out of range
    except ValueError:
        return None
    return parts


def query_values(text: str, name: str) -> list[str]:
    """Return the values of one parameter of a query string, in order; none for a text that cannot be read."""
    if len(text) > MAX_URL:
        return []
    try:
        return parse_qs(text, max_num_fields=100).get(name, [])
    except ValueError:
        return []


def json_object(text: str) -> dict[str, Any] | None:
    """Return the object that this JSON text holds.

    Too long or too deep a text is refused before it is parsed: the parser recurses once for each level. Numbers that
    JSON does not know (NaN, Infinity), U+0000 and lone surrogates are refused, because no column can hold them. A name
    that an object has twice is refused, because a proxy or a log may read the other value (RFC 8259 §4).
    """
    if len(text) > MAX_JSON or _depth(text) > MAX_DEPTH:
        return None
    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once_each)
        plain = json.dumps(value, ensure_ascii=False, allow_nan=False)  # 1e999 is read as infinity
        plain.encode()
    except ValueError:  # also a whole number of more digits than Python reads
        return None
    return value if isinstance(value, dict) and "\\u0000" not in plain else None


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Return the id and the secret of an Authorization header with the scheme Basic (RFC 7617, RFC 6749 §2.3.1)."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > MAX_CREDENTIALS:
        return None
    try:
        name, colon, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote_plus(name), unquote_plus(secret)) if colon else None


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in _STRING.sub("", text):
        depth += (character in _OPENING) - (character in _CLOSING)
        deepest = max(deepest, depth)
    return deepest


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found
