"""The search over events takes a text with the filters actor, org, verb, subject and at, and a range of days."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from delegation.activity.supplier_log import Kind, Search
from delegation.authorization.event_types import Observation
from delegation.authorization.verbs import Verb
from portal.shell import day_range, query_string
from portal.shell import forms as shell_forms
from portal.shell.day_range import Range
from portal.wording import dates

FILTERS = ("actor", "org", "verb", "subject", "at")
_TOKEN = re.compile(r'(?:(?P<name>[a-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<plain>\S+))')
_MONTH = re.compile(r"(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class EventSearch:
    """Holds what the address asks; with an error nothing is searched."""

    q: str
    kind: Kind
    days: Range
    typed_from: str
    typed_until: str
    search: Search
    errors: Mapping[str, str]
    """By field: `q`, `from`, `until`."""

    @property
    def values(self) -> dict[str, str]:
        """Return the parameters of the address, without those of the first page of everything."""
        return {
            "q": self.q,
            "show": "" if self.kind is Kind.CHANGES else self.kind.value,
            "from": self.typed_from,
            "until": self.typed_until,
        }


def parse(query: QueryDict, *, now: dt.datetime, zone: ZoneInfo) -> EventSearch:
    """Read the address. What it does not say is the last thirty days of changes."""
    q = query_string.text(query, "q")
    typed = {name: query_string.text(query, name) for name in ("from", "until")}
    today = now.astimezone(zone).date()
    days, errors = day_range.typed_range(typed, today)
    texts, at, twice = _tokens(q)
    named, verbs = _at(at) if at else days, _verbs(texts["verb"])
    if wrong := twice or _wrong(texts["verb"], verbs, named, today):
        errors["q"] = wrong
    days = named or days
    search = Search(
        since=days.since(zone),
        until=days.until(zone),
        kind=Kind(query_string.choice(query, "show", dict.fromkeys(Kind)) or Kind.CHANGES),
        text=texts[""],
        actor=texts["actor"],
        organization=texts["org"],
        subject=texts["subject"],
        verbs=verbs if texts["verb"] else None,
        before=shell_forms.identifier(query.get("before", "")),
        after=shell_forms.identifier(query.get("after", "")),
    )
    return EventSearch(q, search.kind, days, typed["from"], typed["until"], search, errors)


def _wrong(verb: str, verbs: Sequence[str], days: Range | None, today: dt.date) -> str:
    if verb and not verbs:
        return _("No type of event begins with “%(text)s”.") % {"text": verb}
    if days is None:
        text = _("Enter a day, a month or a range after at:, such as %(example)s.")
        return text % {"example": f"at:{today.isoformat()}"}
    return ""


def _tokens(q: str) -> tuple[dict[str, str], str, str]:
    """Return the text of each filter, the words without one under the empty name, the time, and what is wrong.

    A word with an unknown filter, such as `https:`, is a word of the text.
    """
    parts: dict[str, list[str]] = {"": [], **{name: [] for name in FILTERS}}
    for found in _TOKEN.finditer(q):
        name, value = found["name"] or "", found["quoted"] if found["quoted"] is not None else found["plain"]
        if name in FILTERS:
            parts[name].append(value)
        else:
            parts[""].append(f"{name}:{value}" if name else value)
    twice = next((name for name in ("verb", "at") if len(parts[name]) > 1), "")
    wrong = _("Use %(name)s: only once.") % {"name": twice} if twice else ""
    at = parts.pop("at")
    return {name: " ".join(words) for name, words in parts.items()}, at[0] if at else "", wrong


def _verbs(text: str) -> list[str]:
    """Return the types of events that begin so; `member.remove` is one, `member` and `member.*` are several."""
    begins = text.removesuffix("*")
    types = sorted({str(one) for one in (*Verb, *Observation)})
    return [text] if text in types else [one for one in types if begins and one.startswith(begins)]


def _at(text: str) -> Range | None:
    """Read `2026-11-05`, `2026-11` and `2026-11-01..2026-11-05`; None for anything else."""
    first, dots, last = text.partition("..")
    begin, end = _one(first), _one(last) if dots else _one(first)
    return day_range.of_days(begin.first, end.last) if begin and end else None


def _one(text: str) -> Range | None:
    month = _MONTH.fullmatch(text)
    if month:
        first = dt.date(int(month["year"]), int(month["month"]), 1)
        following = (first + dt.timedelta(days=31)).replace(day=1)
        return Range(first, following - dt.timedelta(days=1))
    day = dates.parse_day(text)
    return Range(day, day) if day else None


def kinds() -> Sequence[tuple[Kind, str]]:
    """Return the ready filters with their labels, in the order of the page."""
    return [
        (Kind.CHANGES, _("Changes and refusals")),
        (Kind.REFUSALS, _("Refusals")),
        (Kind.STAFF, _("Changes by staff")),
        (Kind.READINGS, _("Read by staff")),
        (Kind.BREAK_GLASS, _("Break-glass")),
        (Kind.FOUR_EYES, _("Four eyes")),
        (Kind.ALL, _("All events")),
    ]
