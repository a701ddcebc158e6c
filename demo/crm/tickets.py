"""Tickets opened by customers, on disk."""

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
        self._kept = [Ticket(**{**line, "at": clock.parse(line["at"])}) for line in self._journal.lines()]

    def open(self, **what: str) -> Ticket:
        """Open a ticket; the same form opens one ticket only."""
        with self._lock:
            before = next((one for one in self._kept if what["once"] and one.once == what["once"]), None)
            if before:
                return before
            ticket = Ticket(number=FIRST_NUMBER + len(self._kept), at=clock.now(), **what)
            self._journal.append({**dataclasses.asdict(ticket), "at": ticket.at.isoformat()})
            self._kept.append(ticket)
            return ticket

    def of(self, organization: str, sub: str) -> list[Ticket]:
        return [one for one in reversed(self._kept) if (one.organization, one.sub) == (organization, sub)]
