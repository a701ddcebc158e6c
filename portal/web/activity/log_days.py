"""The log is narrowed to a range of days, of which either end may be open."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.shell import day_range, query_string
from portal.wording import dates


@dataclass(frozen=True, slots=True)
class TypedDays:
    """Holds the first and the last day as typed, what is wrong with them, and the instants; None: open."""

    typed_from: str = ""
    typed_until: str = ""
    hint: str = ""
    from_error: str = ""
    until_error: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    @property
    def values(self) -> Mapping[str, str]:
        """Return the parameters of the address."""
        return {"from": self.typed_from, "until": self.typed_until}

    @property
    def fields(self) -> Mapping[str, str]:
        """Return the fields of the page, for shell/_days.html."""
        return {
            "typed_from": self.typed_from,
            "typed_until": self.typed_until,
            "from_hint": self.hint,
            "until_hint": self.hint,
            "from_error": self.from_error,
            "until_error": self.until_error,
        }

    @property
    def is_wrong(self) -> bool:
        """Return whether there is nothing that could be searched."""
        return bool(self.from_error or self.until_error)


def typed(query: QueryDict, clock: dates.Clock) -> TypedDays:
    """Read `from` and `until` in the organization's time zone."""
    texts = {name: query_string.text(query, name) for name in ("from", "until")}
    hint = dates.typed_day(clock.local(clock.now).date())
    days, errors = day_range.parse(texts, example=hint)
    first, last = days["from"], days["until"]
    if first and last and last < first:
        errors["until"] = _("Choose a last day that is not before the first day.")
    return TypedDays(
        typed_from=texts["from"],
        typed_until=texts["until"],
        hint=hint,
        from_error=errors.get("from", ""),
        until_error=errors.get("until", ""),
        since=day_range.midnight(first, clock.zone) if first else None,
        until=day_range.midnight(last + dt.timedelta(days=1), clock.zone) if last else None,
    )
