"""Texts as they come from forms, files and programs: cleaned, or refused before they reach a statement."""

import re
import unicodedata
import zoneinfo
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from delegation.authorization.errors import InvalidInput
from identity.people import names

NAME, REASON, IDEMPOTENCY_KEY = 200, 500, 200
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ADDRESS = EmailValidator()
_LONGEST_ADDRESS = 254
_WEB_ADDRESS = re.compile(r"[!-\[\]-~]+")  # printable ASCII, and no backslash: browsers read one as a slash
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def line(text: str, *, field: str, longest: int, required: bool = False) -> str:
    """One line of text without what cannot be seen. Raises InvalidInput."""
    if any(c not in "\t\n\r" and unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise InvalidInput(field=field, problem="characters")
    kept = names.clean(text)
    if required and not kept:
        raise InvalidInput(field=field, problem="missing")
    if len(kept) > longest:
        raise InvalidInput(field=field, problem="too_long", longest=longest)
    return kept


def reason(text: str) -> str:
    """Why somebody does something, in their own words. Raises InvalidInput."""
    return line(text, field="reason", longest=REASON)


def address(text: str) -> str:
    """An e-mail address as it is stored and compared: in lower case. Raises InvalidInput."""
    kept = line(text, field="email", longest=_LONGEST_ADDRESS, required=True).lower()
    try:
        _ADDRESS(kept)
    except ValidationError as error:
        raise InvalidInput(field="email", problem="address") from error
    return kept


def key(text: str, *, field: str = "key") -> str:
    """What stands in addresses and files: small letters, digits, `-` and `_`, 40 at most. Raises InvalidInput."""
    if not KEY.fullmatch(text):
        raise InvalidInput(field=field, problem="characters" if text else "missing")
    return text


def language(code: str) -> str:
    """A language that the portal speaks. Raises InvalidInput."""
    if code not in dict(settings.LANGUAGES):
        raise InvalidInput(field="language", problem="unknown")
    return code


def time_zone(name: str) -> str:
    """A time zone by its name in the IANA database. Raises InvalidInput."""
    if name not in zoneinfo.available_timezones():
        raise InvalidInput(field="time_zone", problem="unknown")
    return name


def web_address(text: str, *, field: str = "address", longest: int = 200) -> str:
    """An absolute https address, compared as it is written: no user, no fragment, nothing that is read two ways.

    http is for this machine itself outside production, and for hosts that the operator allowed by name and port.
    Raises InvalidInput.
    """
    kept = line(text, field=field, longest=longest, required=True)
    if kept != text or not _WEB_ADDRESS.fullmatch(kept):
        raise InvalidInput(field=field, problem="web_address")
    try:
        parts = urlsplit(kept)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidInput(field=field, problem="web_address") from error
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or "#" in kept:
        raise InvalidInput(field=field, problem="web_address")
    if parts.scheme == "http" and not _may_be_plain(host, port or 80):
        raise InvalidInput(field=field, problem="insecure")
    return kept


def _may_be_plain(host: str, port: int) -> bool:
    here = settings.KEYHOLDER_ENV != "production" and host in _THIS_MACHINE
    return here or f"{host}:{port}" in settings.ALLOWED_INTERNAL_HOSTS
