"""Customers open tickets, which are kept on disk."""

import dataclasses
import datetime as dt
import pathlib
import threading

from demo.service import clock, store

FIRST_NUMBER = 501


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ticket:
    number: int
    at: dt.datetime
    organization: str
    sub: str
    by: str
    subject: str
    text: str
    once: str


class Tickets:
    def __init__(self, path: pathlib.Path) -> None:
        self._lock = threading.Lock()
        self._journal = store.Journal(path)
        self._tickets = [Ticket(**{**line, "at": clock.parse(line["at"])}) for line in self._journal.lines()]

    def open(self, **what: str) -> Ticket:
        """Open a ticket; the same form opens one ticket only."""
        with self._lock:
            before = next(
                (ticket for ticket in self._tickets if what["once"] and ticket.once == what["once"]), None
            )
            if before:
                return before
            ticket = Ticket(number=FIRST_NUMBER + len(self._tickets), at=clock.now(), **what)
            self._journal.append({**dataclasses.asdict(ticket), "at": ticket.at.isoformat()})
            self._tickets.append(ticket)
            return ticket

    def by_person(self, organization: str, sub: str) -> list[Ticket]:
        return [
            ticket
            for ticket in reversed(self._tickets)
            if (ticket.organization, ticket.sub) == (organization, sub)
        ]
