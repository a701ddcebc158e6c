"""Times, days, durations and lists in the reader's language and the organization's time zone."""

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

    def when(self, at: dt.datetime) -> str:
        """Return `today 09:12`, `yesterday 16:40`, `12 Oct`."""
        names = {0: _("today %(time)s"), 1: _("yesterday %(time)s"), -1: _("tomorrow %(time)s")}
        name = names.get(self._days_ago(at))
        return name % {"time": self.time(at)} if name else self.day(at)

    def at_time(self, at: dt.datetime) -> str:
        """Return `at 14:03`; with the day where it is not today."""
        if self._days_ago(at) == 0:
            return _("at %(time)s") % {"time": self.time(at)}
        return self.when(at)

    def last_day(self, until: dt.datetime) -> str:
        """Return the last day of an interval that ends at `until`, exclusively."""
        return self.day(until - dt.timedelta(microseconds=1))

    def _days_ago(self, at: dt.datetime) -> int:
        return (self.local(self.now).date() - self.local(at).date()).days


_DAY_SECONDS = 24 * 60 * 60
_SPANS = (("second", 1, 60), ("minute", 60, 60), ("hour", 60 * 60, 48))
"""Unit, its seconds, and from which number on the next unit is used."""


def span(seconds: float) -> str:
    """Return `0.4 s`, `12 s`, `2 min`, `3 h`, `4 days`: tenths below ten seconds, rounded up, never 0.

    The same duration is shown in several places and must read the same everywhere.
    """
    tenths = max(
        1, math.ceil(round(seconds * 10, 6))
    )  # without noise of floats, which would round 1.1 up to 1.2
    if tenths < 100:
        return cldr.duration(Decimal(tenths) / 10, "second")
    for unit, length, most in _SPANS:
        number = math.ceil(round(seconds / length, 6))
        if number < most:
            return cldr.duration(Decimal(number), unit)
    return cldr.duration(Decimal(math.ceil(round(seconds / _DAY_SECONDS, 6))), "day")


def name_list(names: Sequence[str], *, most: int = 3) -> str:
    """Return `Tampere`, `Tampere and Oulu`, `Tampere, Oulu and 4 more`."""
    rest = len(names) - most + 1
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


def browser(agent: str) -> str:
    """Return `Chrome on Windows`, as far as the user agent names them."""
    name = next((name for mark, name in _AGENTS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or system or _("A browser")


_DAY = {
    "iso": re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"),
    "dots": re.compile(r"(?P<d>[0-9]{1,2})\.\s?(?P<m>[0-9]{1,2})\.\s?(?P<y>[0-9]{4})"),
    "words": re.compile(r"(?P<d>[0-9]{1,2})\.?\s+(?P<name>[^\W\d_]{3,})\.?\s+(?P<y>[0-9]{4})"),
}
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
    return day if day and day.year <= _FAR else None


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
    if written[0] > _FAR:
        return _("Choose a day before the year %(year)d.") % {"year": _FAR + 1}
    return _("%(day)s does not exist. Choose another day.") % {"day": text.strip()}


def typed_day(day: dt.date) -> str:
    """Return a day for a form field: as the language writes it where `parse_day` reads that, else 2026-12-24."""
    written = cldr.date(day)
    return written if parse_day(written) == day else day.isoformat()
