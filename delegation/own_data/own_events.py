"""The events that a person caused, and those about the person, are read without the names of other people."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.own_data.records import OwnEvent

_ADDRESS = "actor.address"
MOST = 5000
"""The newest events that a file holds."""


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """Holds an event before its organization is named."""

    view: EventView
    organization: uuid.UUID | None
    by_you: bool
    about_you: bool

    def with_organization(self, keys: Mapping[uuid.UUID, str]) -> OwnEvent:
        """Name the organization by its key; empty for the person's own chain and the supplier's."""
        view = self.view
        return OwnEvent(
            id=str(view.id),
            at=view.at,
            type=view.verb,
            outcome=view.outcome,
            organization=keys.get(self.organization, "") if self.organization else "",
            by_you=self.by_you,
            about_you=self.about_you,
            address=view.personal.get(_ADDRESS, "") if self.by_you else "",
        )


def events_of(*, user: uuid.UUID, memberships: Collection[uuid.UUID]) -> tuple[list[ReadEvent], bool]:
    """Read the newest events, and whether these are all. Three statements: each condition uses its own index.

    An event that is not authentic is left out: what it says may be false.
    """
    own = [user, *memberships]
    sources = (Event.objects.filter(subject__in=own), Event.objects.filter(actor=user))
    found = {row.id: row for rows in sources for row in rows.order_by("-at", "-id")[: MOST + 1]}
    rows = sorted(found.values(), key=lambda row: (row.at, row.id), reverse=True)
    members = dict.fromkeys(memberships, user)
    views = activity_events.read_events(rows=rows[:MOST], known=members)
    organizations = {row.id: row.organization for row in rows}
    shown = [
        ReadEvent(view, organizations[view.id], view.actor == user, view.subject in own)
        for view in views
        if view.is_authentic
    ]
    return shown, len(rows) <= MOST
