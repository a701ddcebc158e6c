"""Personal data of other people is shortened or hidden in a text: names, e-mail addresses, phone numbers, amounts."""

import re
import uuid
from collections.abc import Collection, Iterable

from identity.memberships import queries as memberships_queries
from identity.people import names as people_names
from portal.shell.read_only_copy import HIDDEN, WORD_BREAK, Mask

_ADDRESS = re.compile(rf"[^{WORD_BREAK}\s@<>\"'(),;:“”]+(?={WORD_BREAK}?@[\w{WORD_BREAK}-]+\.)")
_PHONE = re.compile(r"\+\d[\d\s().\u2011-]{4,}\d")
_SIGN = r"(?:[$€£¥₽₹₩₺]|kr\b|Ft\b|zł|(?:EUR|USD|GBP|SEK|NOK|DKK|CHF|PLN|CZK|HUF)\b)"
_AMOUNT = re.compile(rf"(?:(?<=[$€£¥₽₹₩₺])|(?<=[$€£¥₽₹₩₺]\s))\d[\d\s.,'’]*|\d[\d\s.,'’]*(?=\s?{_SIGN})")
_WORD = re.compile(r"[^\s,;:()“”\"]+")
_MOST_WORDS, _MOST_CANDIDATES = 5, 60_000


class TooLongToMask(Exception):
    """A page has more words than are compared with people's names, so that some could stay readable."""


def shortened(name: str) -> str:
    """Return the first name and the initial of the last one: `Mikko L.`; of a single name the initial."""
    words = name.split()
    if len(words) < 2:
        return f"{name[:1]}."
    return f"{' '.join(words[:-1]) if len(words) == 2 else words[0]} {words[-1][:1]}."


def name_mask(mask: Mask, *, kept: Collection[str]) -> Mask:
    """Return what shortens a text that is a name, whether or not the masking knows it, but for those to keep."""

    def mask_name(text: str) -> str:
        if text.strip() in kept:
            return text
        masked = mask(text)
        return masked if masked != text or len(text.split()) < 2 else shortened(text)

    return mask_name


def mask_for(*, organization: uuid.UUID, own_name: str, texts: Iterable[str]) -> Mask:
    """Return what hides the personal data of others in these texts, by the names of the organization's people.

    One statement. Raises TooLongToMask.
    """
    found = memberships_queries.names_among(
        organization=organization, sort_keys={people_names.sort_key(one) for one in _candidates(texts)}
    )
    others = sorted(found - {own_name}, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, others))) if others else None

    def mask(text: str) -> str:
        if pattern is not None:
            text = pattern.sub(lambda match: shortened(match.group()), text)
        return hide_values(text)

    return mask


def hide_values(text: str) -> str:
    """Hide addresses before their domain, phone numbers, and amounts beside the sign of a currency."""
    return _AMOUNT.sub("•••• ", _PHONE.sub(HIDDEN, _ADDRESS.sub(HIDDEN, text)))


def _candidates(texts: Iterable[str]) -> set[str]:
    """Return each run of up to five words, which may be a name. Raises TooLongToMask."""
    found: set[str] = set()
    for text in set(texts):
        words = _WORD.findall(text.replace(WORD_BREAK, ""))
        for start in range(len(words)):
            for length in range(1, _MOST_WORDS + 1):
                run = " ".join(words[start : start + length])
                found |= {run, run.rstrip(".’'"), run.removesuffix("’s"), run.removesuffix("'s")}
        if len(found) > _MOST_CANDIDATES:
            raise TooLongToMask
    return found
