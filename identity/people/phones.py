"""Telephone numbers have one international form (ITU-T E.164)."""

import re
import unicodedata

from identity.people.normalization import normalize

MAX_LENGTH = 16
"""Characters: the plus sign and 15 digits."""
_PUNCTUATION = re.compile(r"[\s.()/\u2010-\u2015\u2212-]")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


class InvalidPhone(ValueError):
    """The text is no telephone number with a country code."""


def canonical(text: str) -> str:
    """Return `+` and the digits; spaces, hyphens, dots, slashes and brackets are left out. Raises InvalidPhone.

    `00` at the beginning means `+`. A `(0)` is left out: it is dialled only within the country. A number without
    its country code is ambiguous.
    """
    drawn = "".join(c for c in normalize("NFKC", text) if unicodedata.category(c) != "Cf").strip()
    plain = _PUNCTUATION.sub("", _TRUNK_ZERO.sub("", drawn.removeprefix("tel:")))
    number = f"+{plain[2:]}" if plain.startswith("00") else plain
    if not _NUMBER.fullmatch(number):
        raise InvalidPhone
    return number
