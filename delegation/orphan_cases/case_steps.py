"""The log of the organization says which steps a case took; the supplier's log has their notes."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.log import ledger
from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from delegation.orphan_cases.models import OrphanCase
from identity.people.models import User

_PREFIX = "orphan_"
MOST_STEPS = 300
"""More than a case can have: proofs, questions and objections are bounded, and each notice objects once."""


@dataclass(frozen=True, slots=True)
class StepView:
    """Describes a step; `actor` is a name, empty for the system and for the link of a letter."""

    at: dt.datetime
    verb: str
    act: uuid.UUID
    actor: str
    note: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Holds the steps, the newest first, and the notes by act."""

    listed: Sequence[StepView]
    notes: Mapping[uuid.UUID, str]


def of_case(case: OrphanCase) -> Steps:
    """Read the steps of this case. Eight statements at most."""
    events = _own_events(case)
    notes = _notes({one.act for one in events}, {one.at for one in events})
    people = {one.actor for one in events}
    names = dict(User.all_directories.filter(pk__in=people).values_list("pk", "name"))
    listed = [
        StepView(one.at, verb_taken(one), one.act, names.get(one.actor, ""), notes.get(one.act, ""))
        for one in events
    ]
    return Steps(listed, notes)


def verb_taken(event: EventView) -> str:
    """Return the verb of what was done: the last step closes a case whose admin is back, or whose new one is gone."""
    is_closed = event.facts.get("case_state") == OrphanCase.State.CLOSED
    return Verb.ORPHAN_CASE_CLOSE.value if is_closed else event.verb


def _own_events(case: OrphanCase) -> list[EventView]:
    rows = Event.objects.filter(
        organization=case.organization_id,
        at__gte=case.opened_at,
        verb__startswith=_PREFIX,
        outcome=Event.Outcome.DONE,
    )
    if case.closed_at:
        rows = rows.filter(at__lte=case.closed_at)
    found = activity_events.read_events(rows=list(rows.order_by("-at", "-id")[:MOST_STEPS]))
    # A confirmed request names the case in the supplier's log alone.
    return [
        one
        for one in found
        if one.facts.get("case") == str(case.id) or one.verb == Verb.ORPHAN_CASE_CONFIRM.value
    ]


def _notes(acts: set[uuid.UUID], instants: set[dt.datetime]) -> dict[uuid.UUID, str]:
    """Read the notes of these acts. The instants find them by an index: acts are in none."""
    rows = Event.objects.filter(chain=ledger.SUPPLIER, at__in=instants, act__in=acts)
    events = activity_events.read_events(rows=list(rows[: 2 * MOST_STEPS]))
    return {
        one.act: one.personal["reason"] for one in events if one.is_authentic and one.personal.get("reason")
    }
