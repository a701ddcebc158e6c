"""Orders placed, on disk; Keyholder states limits, the shop counts what was used."""

import dataclasses
import datetime as dt
import decimal
import pathlib
import threading
from typing import Any

from demo.service import clock, disk, people

FIRST_NUMBER = 1001
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
    number: int
    at: dt.datetime
    organization: str
    sub: str
    by: str
    amount: decimal.Decimal
    currency: str
    site: str
    site_name: str
    reference: str
    once: str


class Orders:
    """`lock` is held from judging an order to writing it down, so that two at once cannot share a limit."""

    def __init__(self, path: pathlib.Path) -> None:
        self.lock = threading.RLock()
        self._journal = disk.Journal(path)
        self._kept = [read(line) for line in self._journal.lines()]

    def place(self, **what: Any) -> Order:
        with self.lock:
            order = Order(number=FIRST_NUMBER + len(self._kept), at=clock.now(), **what)
            self._journal.append(written(order))
            self._kept.append(order)
            return order

    def of(self, organization: str, sub: str | None = None) -> list[Order]:
        """Give the newest first: all of an organization, or one person's."""
        return [
            order
            for order in reversed(self._kept)
            if order.organization == organization and sub in (None, order.sub)
        ]

    def already(self, once: str) -> Order | None:
        """Find the order that the same form has placed before."""
        return next((order for order in self._kept if order.once == once), None)

    def used(self, limit: people.Limit, sub: str, *, at: dt.datetime) -> decimal.Decimal:
        """Sum up what a person has ordered under a limit in the period that `at` lies in."""
        since = begin(limit.period, at)
        counted = [
            order.amount
            for order in self.of(limit.organization, sub)
            if order.at >= since and order.currency == limit.currency and limit.site in (None, order.site)
        ]
        return sum(counted, decimal.Decimal(0))


def begin(period: str, at: dt.datetime) -> dt.datetime:
    """Give the beginning of the period, in UTC; a period of one order begins now."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "order":
        return at
    if period == "day":
        return day
    if period == "week":
        return day - dt.timedelta(days=day.weekday())
    length = MONTHS[period]
    return day.replace(day=1, month=1 + (day.month - 1) // length * length)


def written(order: Order) -> dict[str, Any]:
    return {**dataclasses.asdict(order), "at": order.at.isoformat(), "amount": str(order.amount)}


def read(line: dict[str, Any]) -> Order:
    times = {"at": clock.read(line["at"]), "amount": decimal.Decimal(line["amount"])}
    return Order(**{**line, **times})
