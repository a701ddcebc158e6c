"""Texts from forms, files and programs are cleaned, and invalid ones refused before they reach a statement."""

import functools
import re
import unicodedata
import zoneinfo
from urllib.parse import urlsplit

from django.conf import settings

from delegation.authorization.errors import InvalidInput
from identity.people import addresses, names, phones

NAME, REASON, IDEMPOTENCY_KEY = 200, 500, 200
_TYPED_PHONE = 40
"""Characters, with spaces and other punctuation."""
_SURPLUS = 500
"""Characters of white space and invisible ones that a text may lose; it is not cleaned where it is longer."""
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_WEB_ADDRESS = re.compile(r"[!-\[\]-~]+")  # printable ASCII, and no backslash: browsers read one as a slash
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def line(text: str, *, field: str, longest: int, required: bool = False) -> str:
    """Clean one line of text of invisible characters. Raises InvalidInput."""
    if len(text) > longest + _SURPLUS:
        raise InvalidInput(field=field, problem="too_long", longest=longest)
    if any(c not in "\t\n\r" and unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise InvalidInput(field=field, problem="characters")
    cleaned = names.clean(text)
    if required and not cleaned:
        raise InvalidInput(field=field, problem="missing")
    if len(cleaned) > longest:
        raise InvalidInput(field=field, problem="too_long", longest=longest)
    return cleaned


def name(text: str, *, field: str = "name", longest: int = NAME, required: bool = True) -> str:
    """Clean the name of a person, an organization or a site (`identity.people.names`). Raises InvalidInput."""
    cleaned = line(text, field=field, longest=longest, required=required)
    problem = names.fault(text) if text.strip() else ""
    if problem:
        raise InvalidInput(field=field, problem=problem)
    return cleaned


def reason(text: str) -> str:
    """Clean the free-text reason of an act. Raises InvalidInput."""
    return line(text, field="reason", longest=REASON)


def address(text: str) -> str:
    """Return the one spelling of an e-mail address (`identity.people.addresses`). Raises InvalidInput."""
    cleaned = line(text, field="email", longest=addresses.MAX_LENGTH, required=True)
    try:
        return addresses.canonical(cleaned)
    except addresses.InvalidAddress as error:
        raise InvalidInput(field="email", problem="address") from error


def phone(text: str) -> str:
    """Return the one spelling of a telephone number (`identity.people.phones`), or nothing. Raises InvalidInput."""
    cleaned = line(text, field="phone", longest=_TYPED_PHONE)
    try:
        return phones.canonical(cleaned) if cleaned else ""
    except phones.InvalidPhone as error:
        raise InvalidInput(field="phone", problem="phone") from error


def mail_domain(text: str) -> str:
    """Clean a domain of mail addresses, with or without `@` before it, as stored and compared. Raises InvalidInput."""
    try:
        return address(f"x@{text.strip().removeprefix('@')}").rpartition("@")[2]
    except InvalidInput as error:
        raise InvalidInput(field="mail_domains", problem="domain") from error


def key(text: str, *, field: str = "key") -> str:
    """Accept a key for URLs and files: up to 40 lower-case letters, digits, `-` and `_`. Raises InvalidInput."""
    if not KEY.fullmatch(text):
        raise InvalidInput(field=field, problem="characters" if text else "missing")
    return text


def language(code: str) -> str:
    """Accept a language of the portal. Raises InvalidInput."""
    if code not in dict(settings.LANGUAGES):
        raise InvalidInput(field="language", problem="unknown")
    return code


def time_zone(name: str) -> str:
    """Accept a time zone by its name in the IANA database. Raises InvalidInput."""
    if name not in _time_zones():
        raise InvalidInput(field="time_zone", problem="unknown")
    return name


@functools.cache
def _time_zones() -> frozenset[str]:
    """Read the names once: looking into the database of zones takes 80 ms."""
    return frozenset(zoneinfo.available_timezones())


def web_address(text: str, *, field: str = "address", longest: int = 200) -> str:
    """Accept an absolute https URL in one unambiguous form: no user, no fragment, no backslash.

    http is allowed for this machine outside production, and for hosts that the operator allowed by name and port.
    Raises InvalidInput.
    """
    cleaned = line(text, field=field, longest=longest, required=True)
    if cleaned != text or not _WEB_ADDRESS.fullmatch(cleaned):
        raise InvalidInput(field=field, problem="web_address")
    try:
        parts = urlsplit(cleaned)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidInput(field=field, problem="web_address") from error
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or "#" in cleaned:
        raise InvalidInput(field=field, problem="web_address")
    if parts.scheme == "http" and not _allows_http(host, port or 80):
        raise InvalidInput(field=field, problem="insecure")
    return cleaned


def _allows_http(host: str, port: int) -> bool:
    local = settings.KEYHOLDER_ENV != "production" and host in _LOOPBACK
    return local or f"{host}:{port}" in settings.ALLOWED_INTERNAL_HOSTS
