"""A range of days is typed as a first and a last day."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from portal.wording import dates

DAYS = 30
"""The range of days where the address names none."""
_LONGEST = dt.timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Range:
    """Holds the first and the last day."""

    first: dt.date
    last: dt.date

    def since(self, zone: ZoneInfo) -> dt.datetime:
        """Return the beginning of the first day."""
        return midnight(self.first, zone)

    def until(self, zone: ZoneInfo) -> dt.datetime:
        """Return the end of the last day."""
        return midnight(self.last + dt.timedelta(days=1), zone)


def typed_range(typed: Mapping[str, str], today: dt.date) -> tuple[Range, dict[str, str]]:
    """Read `from` and `until`; without them, the last thirty days. Returns the errors by name."""
    days, errors = parse(typed, example=dates.typed_day(today))
    last = days["until"] or today
    first = days["from"] or last - dt.timedelta(days=DAYS - 1)
    found = of_days(first, last)
    if found is None and not errors:
        errors["from"] = _("Choose a first day before the last day, ten years at most.")
    return found or Range(last, last), errors


def parse(typed: Mapping[str, str], *, example: str) -> tuple[dict[str, dt.date | None], dict[str, str]]:
    """Read days as they are typed; None for one that is empty or cannot be read. Returns the errors by name."""
    days = {name: dates.parse_day(text) if text else None for name, text in typed.items()}
    errors = {
        name: dates.day_error(text, example=example)
        for name, text in typed.items()
        if text and days[name] is None
    }
    return days, errors


def of_days(first: dt.date, last: dt.date) -> Range | None:
    """Return the range; None for one that ends before it begins, or is longer than ten years."""
    return Range(first, last) if dt.timedelta(0) <= last - first <= _LONGEST else None


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Return the beginning of a day."""
    return dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)
