"""Events as templates take them, with the names they need."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html

from delegation.queries import names
from delegation.queries.catalogue import Book
from delegation.queries.told import Told
from portal.web import formats
from portal.web.story import Teller


def teller(events: Sequence[Told], book: Book, *also: uuid.UUID) -> Teller:
    """One statement."""
    ids = {event.actor for event in events} | {event.user for event in events if event.user} | set(also)
    return Teller(book, names.of(ids=ids))


def timeline(events: Sequence[Told], told_by: Teller, clock: formats.Clock) -> list[dict[str, Any]]:
    """For `kh.timeline`."""
    return [_moment(event, told_by, clock) for event in events]


def _moment(event: Told, told_by: Teller, clock: formats.Clock) -> dict[str, Any]:
    line = told_by.tell(event)
    said = format_html("<b>{}</b> {}", line.actor, line.text) if line.actor else format_html("{}", line.text)
    text = format_html('{}<span class="kh-sub">{}</span>', said, line.sub) if line.sub else said
    return {"at": formats.first_upper(clock.when(event.at)), "iso": event.at.isoformat(), "text": text}


def short(digest: str) -> str:
    """`9f2c 71e0`: enough to compare by eye."""
    return f"{digest[:4]} {digest[4:8]}" if digest else ""
