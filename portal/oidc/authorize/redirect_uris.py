"""A redirect URI is compared with the registered ones; a native program's loopback address may have any port."""

import re
from collections.abc import Collection

from identity.clients.queries import RegisteredClient
from portal.http import request_data

_IPV6 = re.compile(r"https?://\[")
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


def is_registered(client: RegisteredClient, redirect_uri: str) -> bool:
    """Compare character by character (RFC 9700 §2.1), but for the port of a loopback address (RFC 8252 §7.3)."""
    return is_one_of(redirect_uri, client.redirect_uris, any_port=client.is_native)


def is_one_of(address: str, registered: Collection[str], *, any_port: bool) -> bool:
    """Return whether this is a registered address; `any_port` for the loopback addresses of a native program."""
    if address in registered:
        return True
    given = _without_port(address) if any_port else None
    return given is not None and given in {_without_port(uri) for uri in registered}


def takes_forms(redirect_uri: str) -> bool:
    """Return whether a form can be posted there: no private-use scheme, and no IPv6 address, which no policy names."""
    return redirect_uri.startswith(("https://", "http://")) and not _IPV6.match(redirect_uri)


def form_origins(client: RegisteredClient, redirect_uri: str) -> list[str]:
    """Return the origins that a form to this address may lead to: the client may redirect it to another of its own.

    Browsers apply `form-action` to every hop after the form.
    """
    usable = [redirect_uri, *(uri for uri in client.redirect_uris if takes_forms(uri))]
    return list(dict.fromkeys(origin(uri) for uri in usable))


def origin(redirect_uri: str) -> str:
    """Return the origin of a website's address (RFC 6454 §6.2)."""
    scheme, _, rest = redirect_uri.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}"


def _without_port(uri: str) -> tuple[str, str, str] | None:
    """Return host, path and query of a loopback address; None for any other one."""
    parts = request_data.split_url(uri)
    if parts is None or parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        return None
    is_plain = "@" not in parts.netloc and "#" not in uri
    return (str(parts.hostname), parts.path, parts.query) if is_plain else None
