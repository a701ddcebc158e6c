"""Values that mean the same are equal, whatever form a target returns them in.

Databases behind targets store ids in capitals, instants without fractions, amounts as numbers and booleans as texts.
"""

import datetime as dt
import re
import uuid
from decimal import Decimal

from delegation.authorization.values import amount_to_json
from identity.people import phones
from identity.people.normalization import normalize

_ROUNDING = dt.timedelta(seconds=1)
"""Targets round instants to whole seconds, or cut the fraction off."""
_GUID = re.compile(r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.IGNORECASE)


def text(value: object) -> str:
    """Return the text; equal letters have equal code points (NFC)."""
    return normalize("NFC", str(value))


def phone(value: object) -> str:
    """Return a telephone number in our own form; any other value as text."""
    try:
        return phones.canonical(str(value))
    except phones.InvalidPhone:
        return text(value)


def identifier(value: object) -> str:
    """Return the id; a GUID in lower case with hyphens, any other id as it is."""
    name = str(value)
    return str(uuid.UUID(name)) if _GUID.fullmatch(name) else name


def amount(value: object) -> str:
    """Return a number in our own form, as `5000.00`; any other value as text."""
    try:
        return _exact(Decimal(str(value)))
    except ArithmeticError:
        return str(value)


def _exact(number: Decimal) -> str:
    """Return two decimal places where these are exact, so that 0.001 is not 0.00."""
    rounded = number.quantize(Decimal("0.01"))
    return amount_to_json(rounded) or "" if rounded == number else str(number.normalize())


def instant(value: object) -> dt.datetime | str:
    """Return the instant; any other value as text. A time without a zone is UTC."""
    try:
        at = dt.datetime.fromisoformat(str(value).upper())
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return str(value)


def is_same_instant(one: dt.datetime | str, other: dt.datetime | str) -> bool:
    """Check whether both are the same instant, but for a target's rounding."""
    if isinstance(one, dt.datetime) and isinstance(other, dt.datetime):
        return abs(one - other) <= _ROUNDING
    return one == other


def is_true(value: object) -> bool:
    """Check for a clear true."""
    return value is True or (type(value) is int and value == 1) or str(value).casefold() == "true"


def is_false(value: object) -> bool:
    """Check for a clear false; `is_true` and this may both be wrong for one value."""
    return value is False or (type(value) is int and value == 0) or str(value).casefold() == "false"
