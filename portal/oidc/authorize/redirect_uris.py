"""A redirect URI is compared with the registered ones; a native program's loopback address may have any port."""

from identity.clients.queries import RegisteredClient
from portal.http import request_data

_LOOPBACK = frozenset({"127.0.0.1", "::1"})


def is_registered(client: RegisteredClient, redirect_uri: str) -> bool:
    """Compare character by character (RFC 9700 §2.1), but for the port of a loopback address (RFC 8252 §7.3)."""
    if redirect_uri in client.redirect_uris:
        return True
    given = _without_port(redirect_uri) if client.is_native else None
    return given is not None and given in {_without_port(uri) for uri in client.redirect_uris}


def takes_forms(redirect_uri: str) -> bool:
    """Return whether a form can be posted to it: a private-use scheme of a program takes none."""
    return redirect_uri.startswith(("https://", "http://"))


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
