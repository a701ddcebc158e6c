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
    above: str = ""
    """Why it needed an approver; empty for an order within the limits."""
    approved_by: str = ""
    approver: str = ""
    """The `sub` of the person who approved it."""

    @property
    def waits(self) -> bool:
        return bool(self.above) and not self.approver


class Orders:
    def __init__(self, path: pathlib.Path) -> None:
        self._lock = threading.Lock()
        self._journal = store.Journal(path)
        self._orders: list[Order] = []
        for line in self._journal.lines():
            if "approves" in line:
                self._mark_approved(line)
            else:
                self._orders.append(order_from_json(line))

    def place(self, *, judge: Callable[[], str], once: str, **what: Any) -> Order:
        """Place an order unless `judge` raises; the same form places one order only.

        `judge` returns why the order waits for an approver, or an empty text. One order at a time is judged and stored,
        so that two at once cannot share a limit.
        """
        with self._lock:
            before = self._already(once) if once else None
            if before:
                return before
            above = judge()
            number = FIRST_NUMBER + len(self._orders)
            order = Order(number=number, at=clock.now(), once=once, above=above, **what)
            self._journal.append(written(order))
            self._orders.append(order)
            return order

    def approve(self, number: int, *, judge: Callable[[Order], None], sub: str, by: str) -> None:
        """Approve a waiting order unless `judge` raises; an approved order stays as it is."""
        with self._lock:
            order = self._orders[number - FIRST_NUMBER]
            if not order.waits:
                return
            judge(order)
            line = {"approves": number, "sub": sub, "by": by, "at": clock.now().isoformat()}
            self._journal.append(line)
            self._mark_approved(line)

    def _mark_approved(self, line: dict[str, Any]) -> None:
        index = line["approves"] - FIRST_NUMBER
        approved = dataclasses.replace(self._orders[index], approver=line["sub"], approved_by=line["by"])
        self._orders[index] = approved

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
        """Sum up what a person has ordered without an approver under a limit in the period that `at` lies in."""
        own = [order for order in self.by_organization(limit.organization, sub) if not order.above]
        return counted(own, limit, at=at)

    def approved(self, limit: people.Limit, sub: str, *, at: dt.datetime) -> decimal.Decimal:
        """Sum up what a person has approved under a limit in the period that `at` lies in."""
        orders = [order for order in self.by_organization(limit.organization) if order.approver == sub]
        return counted(orders, limit, at=at)


def counted(orders: list[Order], limit: people.Limit, *, at: dt.datetime) -> decimal.Decimal:
    """Sum up the orders that a limit counts in the period that `at` lies in."""
    since = begin(limit.period, at)
    amounts = [
        order.amount
        for order in orders
        if order.at >= since and order.currency == limit.currency and limit.site in (None, order.site)
    ]
    return sum(amounts, decimal.Decimal(0))


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
