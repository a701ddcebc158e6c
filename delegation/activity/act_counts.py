"""Auditors read how many acts there were in each day or month, by type and outcome, as far as their rights reach."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDay, TruncMonth

from audit.foundation.actor import Actor
from audit.models import Event
from delegation.activity import meanings, supplier_log
from delegation.activity.meanings import OF_STAFF
from delegation.activity.supplier_log import Kind, Search


@dataclass(frozen=True, slots=True)
class ActCounts:
    """Holds numbers of events; the days or months are the first instant of each, in order and without a hole."""

    buckets: Sequence[dt.date]
    by_month: bool
    done: Mapping[dt.date, int]
    refused: Mapping[dt.date, int]
    by_type: Mapping[str, int]
    """Of the acts that were done, by verb."""
    refused_by_type: Mapping[str, int]
    staff: Mapping[dt.date, int]
    """What the supplier's staff changed."""
    read: Mapping[dt.date, int]
    """What the supplier's staff read; repeats within an hour count once."""


def count(
    *, actor: Actor, at: dt.datetime, since: dt.datetime, until: dt.datetime, zone: ZoneInfo
) -> ActCounts:
    """Count the acts in this range. Three statements, of which none reads the events that are no acts."""
    reach = meanings.reach_of(actor=actor, at=at)
    by_month = until - since > dt.timedelta(days=45)
    search = Search(since=since, until=until, kind=Kind.ALL)
    rows = supplier_log.matching(reach=reach, search=search)
    read = supplier_log.matching(reach=reach, search=Search(since=since, until=until, kind=Kind.READINGS))
    counted = _counted(rows.exclude(outcome=Event.Outcome.OBSERVED), zone, by_month=by_month)
    totals: dict[str, Counter[dt.date]] = {"done": Counter(), "refused": Counter(), "staff": Counter()}
    types: dict[str, Counter[str]] = {"done": Counter(), "refused": Counter()}
    for bucket, verb, outcome, actor_kind, number in counted:
        totals[outcome][bucket] += number
        types[outcome][verb] += number
        if actor_kind in OF_STAFF and outcome == Event.Outcome.DONE:
            totals["staff"][bucket] += number
    return ActCounts(
        buckets=_buckets(since.astimezone(zone).date(), until.astimezone(zone).date(), by_month=by_month),
        by_month=by_month,
        **totals,
        by_type=types["done"],
        refused_by_type=types["refused"],
        read=Counter({bucket: number for bucket, *_, number in _counted(read, zone, by_month=by_month)}),
    )


def _counted(
    rows: QuerySet[Event], zone: ZoneInfo, *, by_month: bool
) -> list[tuple[dt.date, str, str, str, int]]:
    bucket = TruncMonth("at", tzinfo=zone) if by_month else TruncDay("at", tzinfo=zone)
    groups = rows.annotate(bucket=bucket).values("bucket", "verb", "outcome", "actor_kind")
    columns = ("bucket", "verb", "outcome", "actor_kind", "number")
    found = groups.annotate(number=Count("*")).order_by().values_list(*columns)
    return [(first.date(), *others) for first, *others in found]


def _buckets(first: dt.date, end: dt.date, *, by_month: bool) -> list[dt.date]:
    """Return each day or month from the first on, before the end."""
    found, current = [], first.replace(day=1) if by_month else first
    while current < end:
        found.append(current)
        following = current + dt.timedelta(days=31 if by_month else 1)
        current = following.replace(day=1) if by_month else following
    return found
