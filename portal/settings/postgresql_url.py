"""The address of a PostgreSQL database may have those parameters of libpq that the product passes on."""

import os
import re
from urllib.parse import parse_qsl, urlsplit

from portal.settings.environment import InvalidValue, url

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
PARAMETERS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "connect_timeout")
_THIS_MACHINE = re.compile(r"localhost|127(\.\d{1,3}){3}|::1|")


def parse(value: str) -> str:
    """Accept host, optional port, and the database's name. Raises InvalidValue."""
    url("postgresql", "postgres", parameters=PARAMETERS)(value)
    parts = urlsplit(value)
    name = parts.path.removeprefix("/")
    if value and (not parts.hostname or not name or "/" in name):
        raise InvalidValue("an address such as postgresql://user:password@host:5432/name")
    mode = dict(parse_qsl(parts.query)).get("sslmode", SSL_MODES[0])
    if mode not in SSL_MODES:
        raise InvalidValue(f"an address whose sslmode is one of {', '.join(SSL_MODES)}")
    return value


def requires_verified_tls(address: str) -> str:
    """Without a verified certificate, an impostor of the server would read every password hash and session."""
    parts = urlsplit(address)
    mode = dict(parse_qsl(parts.query)).get("sslmode") or os.environ.get("PGSSLMODE", "")
    if not address or _THIS_MACHINE.fullmatch(parts.hostname or "") or mode in {"verify-ca", "verify-full"}:
        return ""
    return "must have ?sslmode=verify-full (or verify-ca): the server is another machine"
