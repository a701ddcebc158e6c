"""Orders are kept on disk. Keyholder states limits, and the shop counts what was used."""

import dataclasses
import datetime as dt
import decimal
import pathlib
import threading
from collections.abc import Callable
from typing import Any

from demo.service import clock, people, store

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
    def __init__(self, path: pathlib.Path) -> None:
        self._lock = threading.Lock()
        self._journal = store.Journal(path)
        self._orders = [order_from_json(line) for line in self._journal.lines()]

    def place(self, *, judge: Callable[[], None], once: str, **what: Any) -> Order:
        """Place an order unless `judge` raises; the same form places one order only.

        One at a time from judging to writing down, so that two at once cannot share a limit.
        """
        with self._lock:
            before = self._already(once) if once else None
            if before:
                return before
            judge()
            order = Order(number=FIRST_NUMBER + len(self._orders), at=clock.now(), once=once, **what)
            self._journal.append(written(order))
            self._orders.append(order)
            return order

    def by_organization(self, organization: str, sub: str | None = None) -> list[Order]:
        """Return the newest first: all of an organization, or one person's."""
        return [
            order
            for order in reversed(self._orders)
            if order.organization == organization and sub in (None, order.sub)
        ]

    def _already(self, once: str) -> Order | None:
        return next((order for order in self._orders if order.once == once), None)

    def used(self, limit: people.Limit, sub: str, *, at: dt.datetime) -> decimal.Decimal:
        """Sum up what a person has ordered under a limit in the period that `at` lies in."""
        since = begin(limit.period, at)
        counted = [
            order.amount
            for order in self.by_organization(limit.organization, sub)
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


def order_from_json(line: dict[str, Any]) -> Order:
    times = {"at": clock.parse(line["at"]), "amount": decimal.Decimal(line["amount"])}
    return Order(**{**line, **times})
