"""Pages show what changed in people's rights between two days, by person, with the events behind it."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.foundation.actor import ActorKind
from delegation.activity import changes_between, people_in_events
from delegation.activity import scope as activity_scope
from delegation.activity.events import EventView
from delegation.activity.scope import LogScope
from delegation.authorization import rights_between
from delegation.authorization.rights_between import RightChange
from delegation.catalogue import display_names
from portal.shell import day_range, query_string, timeline
from portal.shell import forms as shell_forms
from portal.shell.components import Pager
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.query_string import HiddenField
from portal.wording import changed_rights, cldr, dates
from portal.wording.events import EventWording

PAGE_SIZE = 25
_MOST_EVENTS = 5


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """Describes a tier or a right before and after; empty where the person did not have it."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """Describes an event that changed something; `number` is its place in the log."""

    actor: str
    text: str
    sub: str
    number: str


@dataclass(frozen=True, slots=True)
class ChangedPerson:
    """Holds what a person gained, lost or has differently, and who changed it; `url` leads to the person alone."""

    name: str
    url: str
    summary: str
    lines: Sequence[ChangeLine] = ()
    events: Sequence[ChangeEvent] = ()
    more_events: str = ""


@dataclass(frozen=True, kw_only=True)
class RightsChanges(PageModel):
    """Shows the people whose rights differ at the end of the last day from the beginning of the first."""

    sub: str
    search_url: str
    typed_from: str
    typed_until: str
    from_hint: str
    until_hint: str
    from_error: str
    until_error: str
    hidden_fields: Sequence[HiddenField]
    all_url: str
    """Leads from one person to all; empty on the page of all."""
    number: str
    people: Sequence[ChangedPerson]
    for_all: Sequence[ChangeEvent]
    """What changed the rights of all people."""
    pager: Pager


def page_fields(page: PageContext, query: QueryDict, *, url: str) -> dict[str, Any]:
    """Return the fields of a page of changes; `url` is its address. Twelve statements at most, seven for staff.

    The reader sees the members whose events the reader sees.
    """
    typed = {name: query_string.text(query, name) for name in ("from", "until")}
    today = page.at.astimezone(page.zone).date()
    days, errors = day_range.typed_range(typed, today)
    if not errors and days.first > today:
        errors["from"] = _("Choose days that have passed.")
    person = shell_forms.identifier(query.get("person", ""))
    values = {**typed, "person": str(person) if person else ""}
    fields: dict[str, Any] = {
        "sub": _sub(days, page),
        "search_url": url,
        "typed_from": typed["from"],
        "typed_until": typed["until"],
        "from_hint": dates.typed_day(days.first),
        "until_hint": dates.typed_day(days.last),
        "from_error": errors.get("from", ""),
        "until_error": errors.get("until", ""),
        "hidden_fields": query_string.hidden_fields({"person": values["person"]}),
        "all_url": query_string.with_values(url, typed) if person else "",
        "number": "",
        "people": (),
        "for_all": (),
        "pager": Pager(""),
    }
    return (
        fields
        if errors
        else fields
        | _found(_Asked(page, days, url, values, start=shell_forms.identifier(query.get("start", ""))))
    )


def _sub(days: day_range.Range, page: PageContext) -> str:
    text = _("%(first)s to the end of %(last)s, %(zone)s time")
    facts = {"first": cldr.date(days.first), "last": cldr.date(days.last), "zone": cldr.place(page.zone)}
    return text % facts


@dataclass(frozen=True, slots=True)
class _Asked:
    """Holds the page, its address and parameters, and the range of days."""

    page: PageContext
    days: day_range.Range
    url: str
    values: Mapping[str, str]
    start: uuid.UUID | None

    @property
    def person(self) -> uuid.UUID | None:
        return shell_forms.identifier(self.values["person"])

    @property
    def span(self) -> dict[str, Any]:
        """Return what the queries take: the organization, and the instants that are compared."""
        zone, at = self.page.zone, self.page.at
        since, until = self.days.since(zone), min(self.days.until(zone), at)
        return {"organization": self.page.organization_id, "since": since, "until": until}


def _found(asked: _Asked) -> dict[str, Any]:
    page, span = asked.page, asked.span
    scope = log_scope_of(page)
    found = {one.membership: one for one in rights_between.counts(**span, among=_among(scope, asked.person))}
    members = people_in_events.members(memberships=found, organization=page.organization_id)
    order = list(members)
    start = order.index(asked.start) if asked.start in members else 0
    shown = order[start : start + PAGE_SIZE]
    names = display_names.load(organization=page.organization_id)
    users = {one: members[one].user for one in shown}
    events = changes_between.events_between(**span, users=users, whole=scope.whole)
    of_all = [event for event in events if event.subject == page.organization_id]
    clock = dates.Clock(page.at, page.zone)
    wording = timeline.event_wording(page.organization_id, events, names, clock)
    people = {
        one: ChangedPerson(members[one].name, _person_url(asked, one), changed_rights.summary(found[one]))
        for one in shown
    }
    number = ngettext("%(number)s person with a change", "%(number)s people with a change", len(found))
    return {
        "number": number % {"number": cldr.number(len(found))},
        "people": _with_details(
            people, rights_between.changes(**span, members=shown), events, wording, clock
        ),
        "for_all": [_event(wording, event, clock) for event in of_all[:PAGE_SIZE]],
        "pager": _pager(order, start, asked.values, asked.url),
    }


def log_scope_of(page: PageContext) -> LogScope:
    """Read the members whose events the reader sees. No statement for staff, three at most for members."""
    return activity_scope.log_scope(
        actor=page.viewer,
        organization=page.organization_id,
        at=page.at,
        staff_abilities=page.abilities if page.viewer.kind is ActorKind.STAFF else None,
    )


def _person_url(asked: _Asked, membership: uuid.UUID) -> str:
    """Return the address of one person's changes; empty where it is the page's own."""
    if asked.person:
        return ""
    return query_string.with_values(asked.url, {**asked.values, "person": str(membership)})


def _with_details(
    people: Mapping[uuid.UUID, ChangedPerson],
    changes: Sequence[RightChange],
    events: Sequence[EventView],
    wording: EventWording,
    clock: dates.Clock,
) -> list[ChangedPerson]:
    lines, acts = defaultdict(list), defaultdict(list)
    for change in changed_rights.ordered(changes, wording.names):
        sides = changed_rights.side(change.before), changed_rights.side(change.after)
        lines[change.membership].append(ChangeLine(changed_rights.what(change, wording.names), *sides))
    for event in events:
        acts[event.subject].append(_event(wording, event, clock))
    return [
        replace(
            person,
            lines=lines[member],
            events=acts[member][:_MOST_EVENTS],
            more_events=_more(len(acts[member]) - _MOST_EVENTS),
        )
        for member, person in people.items()
    ]


def _more(number: int) -> str:
    return _("and %(number)s more") % {"number": cldr.number(number)} if number > 0 else ""


def _among(scope: LogScope, person: uuid.UUID | None) -> list[uuid.UUID] | None:
    """Return the members to compare; None for all of the organization."""
    if scope.whole:
        return None if person is None else [person]
    rows = scope.memberships.filter(id=person) if person else scope.memberships
    return list(rows.values_list("id", flat=True))


def _pager(order: Sequence[uuid.UUID], start: int, values: Mapping[str, str], url: str) -> Pager:
    def page_from(index: int) -> str:
        return query_string.with_values(url, {**values, "start": str(order[index])})

    after = start + PAGE_SIZE
    return Pager(
        "",
        previous_url=page_from(max(0, start - PAGE_SIZE)) if start else "",
        next_url=page_from(after) if after < len(order) else "",
    )


def _event(wording: EventWording, event: EventView, clock: dates.Clock) -> ChangeEvent:
    line = wording.sentence_for(event)
    parts = [clock.date_time(event.at, seconds=False), line.sub]
    number = _("event %(number)s") % {"number": cldr.number(event.seq)} if event.seq is not None else ""
    return ChangeEvent(line.actor, line.text, " · ".join(part for part in (*parts, number) if part), number)
