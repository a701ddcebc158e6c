"""The page of charts has this page model: numbers of acts over time, of all customers that the reader's rights reach.

They name no customer and no person, so that no customer's log records that they were read.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.activity import act_counts
from delegation.activity.act_counts import ActCounts
from delegation.authorization.event_types import event_types
from delegation.authorization.verbs import Topic
from portal.desk.audit import event_search
from portal.desk.audit.event_search import EventSearch
from portal.shell import charts, query_string
from portal.shell.charts import BarLine, ColumnChart, ColumnRow
from portal.shell.page_model import PageModel
from portal.signin.staff.reader import StaffReader
from portal.wording import attempts, cldr, dates

LONGEST = dt.timedelta(days=731)
_REFUSED = 6


@dataclass(frozen=True, kw_only=True)
class ChartsPage(PageModel):
    """Shows acts by day or month, by kind and outcome, refusals, and what staff changed and read."""

    template: ClassVar[str] = "desk/audit/charts.html"

    sub: str
    events_url: str
    charts_url: str
    dormant_url: str
    typed_from: str
    typed_until: str
    from_hint: str
    until_hint: str
    from_error: str
    until_error: str
    columns: Sequence[ColumnChart]
    kinds: Sequence[BarLine]
    refused: Sequence[BarLine]


def charts_page(reader: StaffReader, query: QueryDict) -> ChartsPage:
    """Return the charts of the range of days that the address names."""
    zone = ZoneInfo(settings.TIME_ZONE)
    asked = event_search.parse(_days_only(query), now=reader.at, zone=zone)
    errors = dict(asked.errors)
    if not errors and asked.search.until - asked.search.since > LONGEST:
        errors["from"] = _("Choose two years at most.")
    counts = _count(reader, asked, zone) if not errors else None
    first, last = cldr.date(asked.days.first), cldr.date(asked.days.last)
    return ChartsPage(
        sub=_("%(first)s to %(last)s, %(zone)s time.")
        % {"first": first, "last": last, "zone": cldr.place(zone)},
        events_url=query_string.with_values(reverse("staff_events"), _range(asked)),
        charts_url=reverse("staff_events_charts"),
        dormant_url=reverse("staff_dormant"),
        typed_from=asked.typed_from,
        typed_until=asked.typed_until,
        from_hint=dates.typed_day(asked.days.first),
        until_hint=dates.typed_day(asked.days.last),
        from_error=errors.get("from", ""),
        until_error=errors.get("until", ""),
        columns=_columns(counts) if counts else (),
        kinds=charts.bars(_kinds(counts)) if counts else (),
        refused=charts.bars(_refused(counts, _range(asked))) if counts else (),
    )


def _days_only(query: QueryDict) -> QueryDict:
    days = QueryDict(mutable=True)
    for name in ("from", "until"):
        days[name] = query.get(name, "")
    return days


def _range(asked: EventSearch) -> dict[str, str]:
    return {"from": asked.typed_from, "until": asked.typed_until}


def _count(reader: StaffReader, asked: EventSearch, zone: ZoneInfo) -> ActCounts:
    return act_counts.count(
        actor=reader.actor, at=reader.at, since=asked.search.since, until=asked.search.until, zone=zone
    )


def _columns(counts: ActCounts) -> list[ColumnChart]:
    column = _("Month") if counts.by_month else _("Day")
    return [
        charts.columns(
            chart_id=chart_id,
            title=title,
            sub=_total(series),
            series=list(series),
            column=column,
            rows=[
                _row(bucket, [numbers.get(bucket, 0) for numbers in series.values()], counts)
                for bucket in counts.buckets
            ],
        )
        for chart_id, title, series in (
            ("acts", _("Changes and refusals"), {_("done"): counts.done, _("refused"): counts.refused}),
            (
                "staff",
                _("What staff changed and viewed"),
                {_("changes"): counts.staff, _("views"): counts.read},
            ),
        )
    ]


def _total(series: Mapping[str, Mapping[dt.date, int]]) -> str:
    """Return `309 done, 2 refused`."""
    return ", ".join(f"{cldr.number(sum(numbers.values()))} {name}" for name, numbers in series.items())


def _row(bucket: dt.date, values: Sequence[int], counts: ActCounts) -> ColumnRow:
    if counts.by_month:
        return ColumnRow(cldr.month(bucket), cldr.month(bucket, year=False), values)
    return ColumnRow(cldr.date(bucket), cldr.day(bucket), values)


def _kinds(counts: ActCounts) -> list[tuple[str, str, int]]:
    labels = {
        Topic.INVITATIONS: _("Invitations"),
        Topic.ACCESS: _("Access"),
        Topic.REMOVALS: _("Removals"),
        Topic.SIGN_IN: _("Sign-in"),
        Topic.OTHER: _("Other changes"),
        Topic.NOT_LOGGED: _("The supplier’s own"),
    }
    return [
        (label, "", sum(counts.by_type.get(verb, 0) for verb in event_types(topic)))
        for topic, label in labels.items()
    ]


def _refused(counts: ActCounts, days: Mapping[str, str]) -> list[tuple[str, str, int]]:
    most = sorted(counts.refused_by_type.items(), key=lambda one: (-one[1], one[0]))[:_REFUSED]
    url = reverse("staff_events")
    return [
        (
            dates.first_upper(attempts.of_type(verb)),
            query_string.with_values(url, {"q": f"verb:{verb}", "show": "refusals", **days}),
            number,
        )
        for verb, number in most
    ]
