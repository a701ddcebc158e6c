"""The addresses of a client are checked at registration: one that could not be used, or is ambiguous, is refused."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput

MAX_ADDRESSES = 20
"""Of each kind."""
LOOPBACK = frozenset({"127.0.0.1", "::1"})
"""Literal addresses: what `localhost` leads to is decided elsewhere (RFC 8252 §8.3)."""
_PRIVATE_SCHEME = re.compile(
    r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/[^/?#\s\\][^?#\s\\]*|[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/"
)
"""A domain of the maker in reverse, one slash and a path (RFC 8252 §7.1): short names belong to everyone."""


def check(
    *,
    native: bool,
    redirect_uris: Sequence[str],
    post_logout_redirect_uris: Sequence[str],
    others: dict[str, str],
) -> None:
    """Raise InvalidInput for an address that is no unambiguous https URL; native programs may have two more forms.

    `others` are single addresses by the name of their field; an empty one does not exist.
    """
    for field, addresses in (
        ("redirect_uri", redirect_uris),
        ("post_logout_redirect_uri", post_logout_redirect_uris),
    ):
        if len(addresses) > MAX_ADDRESSES:
            raise InvalidInput(field=field, problem="too_long", longest=MAX_ADDRESSES)
        for address in addresses:
            if native:
                native_address(address, field=field)
            else:
                input_cleaning.web_address(address, field=field)
    for field, address in others.items():
        if address:
            input_cleaning.web_address(address, field=field)


def native_address(text: str, *, field: str) -> str:
    """Accept a loopback address, a private-use scheme, or an https URL (RFC 8252 §7). Raises InvalidInput."""
    cleaned = input_cleaning.line(text, field=field, longest=200, required=True)
    if cleaned == text and (_PRIVATE_SCHEME.fullmatch(text) or _is_loopback(text)):
        return text
    if text.startswith("https://"):
        return input_cleaning.web_address(text, field=field)
    raise InvalidInput(field=field, problem="native_address")


def check_resources(resources: Sequence[str]) -> None:
    """Raise InvalidInput for a resource indicator that is no https URL (RFC 8707 §2)."""
    if len(resources) > MAX_ADDRESSES:
        raise InvalidInput(field="resources", problem="too_long", longest=MAX_ADDRESSES)
    for resource in resources:
        input_cleaning.web_address(resource, field="resources")


def _is_loopback(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    plain = not (parts.fragment or "#" in text or "@" in parts.netloc or "\\" in text)
    return (
        parts.scheme == "http" and (parts.hostname or "") in LOOPBACK and plain and parts.path.startswith("/")
    )
