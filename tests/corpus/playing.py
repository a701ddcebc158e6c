"""A line of the corpus is sent as it stands there."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from tests.corpus.cast import Cast


def send(browser: Client, request: Mapping[str, Any], cast: Cast) -> Any:
    """The request as it stands there, byte for byte in query and body."""
    query = urlencode([tuple(pair) for pair in cast.filled(request.get("query") or [])])
    path = cast.filled(request["path"])
    headers = cast.filled(request["headers"])
    body = cast.filled(request.get("raw_body")) or urlencode(
        [tuple(pair) for pair in cast.filled(request.get("body") or [])]
    )
    kind = headers.pop("Content-Type", "application/x-www-form-urlencoded" if body else "")
    return browser.generic(
        request["method"], f"{path}?{query}" if query else path, body.encode(), kind, headers=headers
    )
