"""Events as templates take them, with the names they need."""

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html, format_html_join

from delegation.queries import carried, names
from delegation.queries.catalogue import Book
from delegation.queries.told import Told
from portal.inside import Here
from portal.web import formats
from portal.web.story import Teller


def teller(events: Sequence[Told], book: Book, clock: formats.Clock | None = None) -> Teller:
    """Says until when access lasts where it has a clock. One statement."""
    ids = {event.actor for event in events} | {event.user for event in events if event.user}
    return Teller(book, names.of(ids=ids), clock)


def timeline(here: Here, events: Sequence[Told], book: Book, clock: formats.Clock) -> list[dict[str, Any]]:
    """For `kh.timeline`, with what systems were told under the deed. Two statements at most."""
    told_by = teller(events, book, clock)
    answers = carried.by(organization=here.company, events=events)
    return [_moment(event, told_by, told_by.told(answers.get(event.id, ())), clock) for event in events]


def _moment(event: Told, told_by: Teller, told: str, clock: formats.Clock) -> dict[str, Any]:
    line = told_by.tell(event)
    said = format_html("<b>{}</b> {}", line.actor, line.text) if line.actor else format_html("{}", line.text)
    subs = format_html_join("", '<span class="kh-sub">{}</span>', ((sub,) for sub in (line.sub, told) if sub))
    text = format_html("{}{}", said, subs)
    return {"at": formats.first_upper(clock.when(event.at)), "iso": event.at.isoformat(), "text": text}


def short(digest: str) -> str:
    """`9f2c 71e0`: enough to compare by eye."""
    return f"{digest[:4]} {digest[4:8]}" if digest else ""
