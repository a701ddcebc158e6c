"""Lists are read page by page; a target's own count and order are not trusted."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from provisioning.connectors.scim import compare
from provisioning.connectors.scim.endpoint import Page, Rejected, Resource


@dataclass(slots=True)
class Listing:
    """Yields the target's records, each once, until a page has no new one or about `limit` are read.

    Rows move between pages while others are created and deleted, so a record may be missing here and exist.
    """

    read_page: Callable[[int], Page]
    """Reads the page from this position, from 1."""
    limit: int
    is_complete: bool = False
    """Whether the target counted as many records on every page as were read: true only after the last one."""
    _seen: set[str] = field(default_factory=set)
    _totals: set[int] = field(default_factory=set)

    def __iter__(self) -> Iterator[Resource]:
        position = 1
        while len(self._seen) < self.limit:
            page = {_name(record): record for record in self._records(position)}
            fresh = [record for name, record in page.items() if name not in self._seen]
            if not fresh:
                break
            self._seen |= page.keys()
            yield from fresh
            position += len(page)
        self.is_complete = self._totals == {len(self._seen)}

    def _records(self, position: int) -> list[Resource]:
        """Read one page. Behind the records that the target counts, some answer with an error: that is the end."""
        try:
            page = self.read_page(position)
        except Rejected:
            if self._totals and position > max(self._totals):
                return []
            raise
        self._totals.add(page.total)
        return page.records


def _name(record: Resource) -> str:
    return str(compare.lower_keys(record).get("id") or "") or json.dumps(record, sort_keys=True)
