"""Texts as they come from forms, files and programs: cleaned, or refused before they reach a statement."""

import re
import unicodedata
import zoneinfo
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from delegation.errors import BadInput
from identity import names

NAME, REASON, ONCE = 200, 500, 200
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ADDRESS = EmailValidator()
_LONGEST_ADDRESS = 254


def line(text: str, *, field: str, longest: int, required: bool = False) -> str:
    """One line of text without what cannot be seen. Raises BadInput."""
    if any(c not in "\t\n\r" and unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise BadInput(field=field, problem="characters")
    kept = names.cleaned(text)
    if required and not kept:
        raise BadInput(field=field, problem="missing")
    if len(kept) > longest:
        raise BadInput(field=field, problem="too_long", longest=longest)
    return kept


def reason(text: str) -> str:
    """Why somebody does something, in their own words. Raises BadInput."""
    return line(text, field="reason", longest=REASON)


def address(text: str) -> str:
    """An e-mail address as it is stored and compared: in lower case. Raises BadInput."""
    kept = line(text, field="email", longest=_LONGEST_ADDRESS, required=True).lower()
    try:
        _ADDRESS(kept)
    except ValidationError as error:
        raise BadInput(field="email", problem="address") from error
    return kept


def key(text: str, *, field: str = "key") -> str:
    """What stands in addresses and files: small letters, digits, `-` and `_`, 40 at most. Raises BadInput."""
    if not _KEY.fullmatch(text):
        raise BadInput(field=field, problem="characters" if text else "missing")
    return text


def language(code: str) -> str:
    """A language that the portal speaks. Raises BadInput."""
    if code not in dict(settings.LANGUAGES):
        raise BadInput(field="language", problem="unknown")
    return code


def time_zone(name: str) -> str:
    """A time zone by its name in the IANA database. Raises BadInput."""
    if name not in zoneinfo.available_timezones():
        raise BadInput(field="time_zone", problem="unknown")
    return name


def web_address(text: str) -> str:
    """An absolute http(s) address without a fragment. Raises BadInput."""
    kept = line(text, field="address", longest=200, required=True)
    parts = urlsplit(kept)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment or kept != text:
        raise BadInput(field="address", problem="characters")
    return kept
