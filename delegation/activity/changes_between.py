"""The events that changed rights within a time are read for some members, and for the whole organization."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping

from django.db.models import QuerySet

from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.authorization.event_types import event_types
from delegation.authorization.verbs import Topic

MOST = 200
"""The most events that are read of the members, and of the organization."""


def events_between(
    *,
    organization: uuid.UUID,
    users: Mapping[uuid.UUID, uuid.UUID],
    whole: bool,
    since: dt.datetime,
    until: dt.datetime,
) -> list[EventView]:
    """Read what changed the rights of these members, and with `whole` those of all members, each newest first.

    `users` has the user of each membership. Two statements at most, none for nothing to read.
    """
    subjects = [*([list(users)] if users else []), *([[organization]] if whole else [])]
    if not subjects:
        return []
    newest, *others = (_rows(organization, some, since, until) for some in subjects)
    return activity_events.read_events(rows=list(newest.union(*others, all=True)), known=users)


def _rows(
    organization: uuid.UUID, subjects: Collection[uuid.UUID], since: dt.datetime, until: dt.datetime
) -> QuerySet[Event]:
    rows = Event.objects.filter(
        organization=organization,
        subject__in=subjects,
        verb__in=[*event_types(Topic.ACCESS), *event_types(Topic.REMOVALS), *event_types(Topic.INVITATIONS)],
        outcome=Event.Outcome.DONE,
        at__gt=since,
        at__lte=until,
    )
    return rows.order_by("-at", "-id")[:MOST]
