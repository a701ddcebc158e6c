"""Times, days, durations and lists are written in the reader's language and the organization's time zone."""

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.wording import cldr

_NEW_YEAR_IS_NEAR = 120
"""Days: a date of another year that is nearer than this needs no year."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Holds the clock of a page: `now` in `zone`, the organization's, decides which day is today."""

    now: dt.datetime
    zone: ZoneInfo

    def local(self, at: dt.datetime) -> dt.datetime:
        """Return the instant in the zone of the clock."""
        return at.astimezone(self.zone)

    def time(self, at: dt.datetime, *, seconds: bool = False) -> str:
        """Return `14:03`, in Finnish `14.03`."""
        return cldr.time(self.local(at), seconds=seconds)

    def day(self, at: dt.datetime) -> str:
        """Return `12 Oct`, or `14 Feb 2023` where the year would be in doubt."""
        near = abs((self.now - at).days) < _NEW_YEAR_IS_NEAR
        same = self.local(at).year == self.local(self.now).year
        return cldr.day(self.local(at)) if same or near else self.date(at)

    def date(self, at: dt.datetime) -> str:
        """Return `14 Feb 2023`."""
        return cldr.date(self.local(at))

    def date_time(self, at: dt.datetime, *, seconds: bool = True) -> str:
        """Return `24 Nov 2026, 14:00:07`, for receipts."""
        return cldr.date_time(self.local(at), seconds=seconds)

    def heading(self, at: dt.datetime) -> str:
        """Return `Today`, `Yesterday`, `23 Nov`."""
        names = {0: _("Today"), 1: _("Yesterday")}
        return names.get(self._days_ago(at)) or self.day(at)

    def when(self, at: dt.datetime, *, seconds: bool = False) -> str:
        """Return `today 09:12`, `yesterday 16:40`, `12 Oct`."""
        names = {0: _("today %(time)s"), 1: _("yesterday %(time)s"), -1: _("tomorrow %(time)s")}
        name = names.get(self._days_ago(at))
        return name % {"time": self.time(at, seconds=seconds)} if name else self.day(at)

    def last_sign_in(self, at: dt.datetime | None) -> str:
        """Return `today 09:12`, or `no sign-in recorded`."""
        return self.when(at) if at else _("no sign-in recorded")

    def at_time(self, at: dt.datetime) -> str:
        """Return `at 14:03:12`; with the day where it is not today."""
        if self._days_ago(at) == 0:
            return _("at %(time)s") % {"time": self.time(at, seconds=True)}
        return self.when(at, seconds=True)

    def coming(self, at: dt.datetime) -> str:
        """Return `at 14:03:13` of an instant to come, rounded up to a whole second: it never happens later."""
        return self.at_time(at + dt.timedelta(seconds=1, microseconds=-1))

    def last_day(self, until: dt.datetime) -> str:
        """Return the last day of an interval that ends at `until`, exclusively."""
        return self.day(until - dt.timedelta(microseconds=1))

    def _days_ago(self, at: dt.datetime) -> int:
        return (self.local(self.now).date() - self.local(at).date()).days


_MINUTE, _HOUR, _DAY_SECONDS = 60, 60 * 60, 24 * 60 * 60
_TWO_DAYS = 2 * _DAY_SECONDS
_NOISE = 6
"""Decimals that count: noise of floats would round 1.1 up to 1.2."""


def span(seconds: float) -> str:
    """Return a duration: `0.4 s`, `40.6 s`, `1 min 42 s`, `3 h 5 min`, `4 days 3 h`; rounded up, never 0.

    All durations on pages and in mails are written here, so that one duration reads the same everywhere.
    """
    tenths = max(1, math.ceil(round(seconds * 10, _NOISE)))
    if tenths < 10 * _MINUTE:
        return cldr.duration(Decimal(tenths) / 10, "second")
    whole = _units_up(seconds, 1)
    if whole < _HOUR:
        return _two_units(whole, _MINUTE, "minute", "second")
    minutes = _units_up(seconds, _MINUTE)
    if minutes * _MINUTE < _TWO_DAYS:
        return _two_units(minutes, _HOUR // _MINUTE, "hour", "minute")
    return _two_units(_units_up(seconds, _HOUR), _DAY_SECONDS // _HOUR, "day", "hour")


def wait(seconds: float) -> str:
    """Return how long something has been waited for, in whole seconds: `42 s`, `1 min 42 s`."""
    return span(max(1, _units_up(seconds, 1)))


def wait_units() -> str:
    """Return the units of hours, minutes and seconds, for a script that counts: `h,min,s`."""
    units = [cldr.duration(Decimal(2), unit) for unit in ("hour", "minute", "second")]
    return ",".join(unit.replace("2", "").strip() for unit in units)


def _units_up(seconds: float, length: int) -> int:
    return math.ceil(round(seconds / length, _NOISE))


def _two_units(number: int, size: int, longer: str, shorter: str) -> str:
    """Return `1 min 42 s` for 102 of the shorter unit, of which `size` are one of the longer; `1 min` for 60."""
    numbers = {longer: number // size, shorter: number % size}
    return " ".join(cldr.duration(Decimal(value), unit) for unit, value in numbers.items() if value)


def name_list(names: Sequence[str], *, most: int = 3, total: int | None = None) -> str:
    """Return `Tampere`, `Tampere and Oulu`, `Tampere, Oulu and 4 more`; `total` where `names` are the first ones."""
    rest = (len(names) if total is None else total) - most + 1
    if rest < 2:
        return cldr.joined(names)
    more = ngettext("%(number)s more", "%(number)s more", rest) % {"number": cldr.number(rest)}
    return cldr.joined([*names[: most - 1], more])


def first_upper(text: str) -> str:
    """Return the text with an upper-case first letter."""
    return text[:1].upper() + text[1:]


_AGENTS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser(agent: str, *, unknown: str = "") -> str:
    """Return `Chrome on Windows`, as far as the user agent names them; `unknown` where it names neither."""
    name = next((name for mark, name in _AGENTS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or system or unknown or _("A browser")


_DAY = {
    "iso": re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"),
    "dots": re.compile(r"(?P<d>[0-9]{1,2})\.\s?(?P<m>[0-9]{1,2})\.\s?(?P<y>[0-9]{4})"),
    "words": re.compile(r"(?P<d>[0-9]{1,2})\.?\s+(?P<name>[^\W\d_]{3,})\.?\s+(?P<y>[0-9]{4})"),
}
_LONG_AGO = 1900
"""The first days of the calendar have no instant in UTC."""
_FAR = 2199


def parse_day(text: str) -> dt.date | None:
    """Read 2026-12-24, 24.12.2026 and 24 Dec 2026; None for anything else.

    Months are named in the active language or in English. 12/10/2026 is refused: it is 12 October in Europe and
    10 December in the United States.
    """
    written = _written_day(text)
    try:
        day = dt.date(*written) if written else None
    except ValueError:
        return None
    return day if day and _LONG_AGO <= day.year <= _FAR else None


def _written_day(text: str) -> tuple[int, int, int] | None:
    """Return year, month and day as written, also of a day that does not exist; None for anything else."""
    typed = " ".join(text.split()).lower()
    found = next((match for shape in _DAY.values() if (match := shape.fullmatch(typed))), None)
    if found is None:
        return None
    parts = found.groupdict()
    month = int(parts["m"]) if "m" in parts else cldr.months().get(parts["name"], 0)
    return (int(parts["y"]), month, int(parts["d"])) if month else None


def day_error(text: str, *, example: str) -> str:
    """Return the error for a text that `parse_day` refuses, with what to enter instead."""
    written = _written_day(text)
    if written is None:
        return _("Enter the day like this: %(example)s.") % {"example": example}
    if written[0] < _LONG_AGO:
        return _("Choose a day after the year %(year)d.") % {"year": _LONG_AGO - 1}
    if written[0] > _FAR:
        return _("Choose a day before the year %(year)d.") % {"year": _FAR + 1}
    return _("%(day)s does not exist. Choose another day.") % {"day": text.strip()}


def typed_day(day: dt.date) -> str:
    """Return a day for a form field: as the language writes it where `parse_day` reads that, else 2026-12-24."""
    written = cldr.date(day)
    return written if parse_day(written) == day else day.isoformat()


def example_day() -> str:
    """Return a sample day for the hint of a form field."""
    return typed_day(dt.date(2026, 12, 24))
