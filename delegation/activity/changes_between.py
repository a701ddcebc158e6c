"""The events that changed rights within a time are read for some members, and for the whole organization."""

import datetime as dt
import uuid
from collections.abc import Collection

from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.authorization.event_types import event_types
from delegation.authorization.verbs import Topic

MOST = 200
"""The most events that are read."""


def about_members(
    *, organization: uuid.UUID, memberships: Collection[uuid.UUID], since: dt.datetime, until: dt.datetime
) -> list[EventView]:
    """Read what changed the rights of these members, newest first. Four statements at most, none for no members."""
    if not memberships:
        return []
    return _events(organization, memberships, since, until)


def about_organization(*, organization: uuid.UUID, since: dt.datetime, until: dt.datetime) -> list[EventView]:
    """Read what changed the rights of all members, newest first. Four statements at most."""
    return _events(organization, [organization], since, until)


def _events(
    organization: uuid.UUID, subjects: Collection[uuid.UUID], since: dt.datetime, until: dt.datetime
) -> list[EventView]:
    rows = Event.objects.filter(
        organization=organization,
        subject__in=subjects,
        verb__in=[*event_types(Topic.ACCESS), *event_types(Topic.REMOVALS), *event_types(Topic.INVITATIONS)],
        outcome=Event.Outcome.DONE,
        at__gt=since,
        at__lte=until,
    )
    return activity_events.read_events(rows=list(rows.order_by("-at", "-id")[:MOST]))
