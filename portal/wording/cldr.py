"""Dates, times, numbers, money, durations and lists are written as the reader's language does, by the CLDR (Babel).

Nothing here names a language but `_REGION`: another one needs its translations only. Results are pure functions of
few different values and are cached: the CLDR's patterns are slow to apply.
"""

import copy
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, lists, numbers, units
from django.utils import translation

_REGION = {"en": "en_SE"}
"""English as Nordic readers write it: 14:03, 24 Nov 2026, 2 000 €. English elsewhere groups thousands by a comma, and
`5,000` is refused in forms because many readers take it for five (`portal.wording.amounts`)."""
_POINT = frozenset({"en"})
"""Languages with a decimal point, whatever `_REGION` writes: `0.4 s` and `2 000.50 €`, never `0,4 s`."""
_UNITS: Mapping[str, Mapping[str, str]] = {"en": {"second": "s", "minute": "min", "hour": "h"}}
"""Symbols of the SI where the CLDR has none with a space: its English is `0.4 secs` or `0.4s`."""
_FALLBACK = "en"
_RESULTS = 4096
"""Results kept of one kind: more than the pages of one hour need, some hundred kilobytes."""


def language() -> str:
    """Return the code of the active language, as Django writes it."""
    return translation.get_language() or _FALLBACK


@cache
def locale(code: str) -> Locale:
    """Return the CLDR locale of one of Django's language codes, else English."""
    try:
        return Locale.parse(_REGION.get(code, code.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(_REGION[_FALLBACK])


def language_name(code: str) -> str:
    """Return `Finnish`, in Finnish `suomi`; the code itself for a language without a name."""
    return str(locale(language()).languages.get(code, code))


def date(day: dt.date) -> str:
    """Return `24 Nov 2026`, in Finnish `24.11.2026`."""
    return _day(language(), dt.date(day.year, day.month, day.day), "yMMMd")


def day(day: dt.date) -> str:
    """Return `24 Nov`: without the year."""
    return _day(language(), dt.date(day.year, day.month, day.day), "MMMd")


def month(day: dt.date, *, year: bool = True) -> str:
    """Return `Nov 2026`, or `Nov` without the year."""
    return _day(language(), dt.date(day.year, day.month, 1), "yMMM" if year else "MMM")


def time(at: dt.datetime, *, seconds: bool = False) -> str:
    """Return `14:03`, in Finnish `14.03`; in the zone that `at` carries."""
    wall = dt.time(at.hour, at.minute, at.second if seconds else 0)
    return _time(language(), wall, "medium" if seconds else "short")


def date_time(at: dt.datetime, *, seconds: bool = False) -> str:
    """Return `24 Nov 2026, 14:03`; in the zone that `at` carries."""
    pattern = str(locale(language()).datetime_formats["medium"])
    return pattern.replace("{0}", time(at, seconds=seconds)).replace("{1}", date(at))


def place(zone: ZoneInfo) -> str:
    """Return the city that stands for a time zone."""
    known = locale(language()).time_zones.get(zone.key, {})
    return str(known.get("city") or zone.key.rpartition("/")[2].replace("_", " "))


def number(value: int) -> str:
    """Return `61 204`, with a no-break space."""
    return _number(language(), value, grouped=True)


def decimal(value: Decimal, *, grouped: bool = True) -> str:
    """Return `2 000` or `2 000.50`: two decimals where there are any."""
    return _number(language(), value, grouped=grouped)


def money(amount: Decimal | str, currency: str) -> str:
    """Return `2 000 €`: decimals only where there are any. Raises InvalidOperation for text that is no number."""
    return _money(language(), Decimal(amount), currency)


def currency_sign(currency: str) -> str:
    """Return `€`; the code of a currency without a sign."""
    return numbers.get_currency_symbol(currency, locale(language()))


def duration(value: Decimal, unit: str) -> str:
    """Return `0.4 s`, `1 min`, `3 h`, `2 days`. `unit` is second, minute, hour or day."""
    return _duration(language(), value, unit)


def joined(items: Sequence[str]) -> str:
    """Return `A`, `A and B`, `A, B and C`."""
    if len(items) < 2:
        return "".join(items)
    return lists.format_list(items, locale=locale(language()))


def months() -> Mapping[str, int]:
    """Return the numbers of the months by their names and abbreviations, in lower case without a full stop."""
    return _months(language()) | _months(_FALLBACK)


@lru_cache(_RESULTS)
def _day(code: str, day: dt.date, skeleton: str) -> str:
    found = locale(code)
    pattern = found.datetime_skeletons.get(skeleton) or found.date_formats["medium"]
    return str(pattern.apply(day, found))


@lru_cache(_RESULTS)
def _time(code: str, wall: dt.time, width: str) -> str:
    return dates.format_time(wall, width, locale=locale(code))


@lru_cache(_RESULTS)
def _number(code: str, value: Decimal | int, *, grouped: bool) -> str:
    pattern = _pattern(locale(code).decimal_formats[None], value)
    return _pointed(code, str(pattern.apply(value, locale(code), group_separator=grouped)))


@lru_cache(_RESULTS)
def _money(code: str, amount: Decimal, currency: str) -> str:
    pattern = _pattern(locale(code).currency_formats["standard"], amount)
    written = str(pattern.apply(amount, locale(code), currency=currency, currency_digits=False))
    return _pointed(code, written)


@lru_cache(_RESULTS)
def _duration(code: str, value: Decimal, unit: str) -> str:
    if symbol := _UNITS.get(code, {}).get(unit):
        number = numbers.format_decimal(value, locale=locale(code))
        return f"{_pointed(code, number)}\N{NO-BREAK SPACE}{symbol}"
    return units.format_unit(value, f"duration-{unit}", "short", locale=locale(code))


def _pointed(code: str, written: str) -> str:
    """Return the number with a decimal point where the language has one. Groups are never set apart by a comma here."""
    return written.replace(numbers.get_decimal_symbol(locale(code)), ".") if code in _POINT else written


def _pattern(known: numbers.NumberPattern, value: Decimal | int) -> numbers.NumberPattern:
    """Return the pattern with two decimals where the value has any, else with none."""
    places = 0 if value == int(value) else 2
    pattern = copy.copy(known)
    pattern.frac_prec = (places, places)
    return pattern


@cache
def _months(code: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for context in locale(code).months.values():
        for width in ("wide", "abbreviated"):
            found |= {str(name).lower().rstrip("."): month for month, name in context[width].items()}
    return found
