"""Events are read by the instants at which they ended rights."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping

from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.activity.giving_events import EventProof


def at_instants(
    *, organization: uuid.UUID, instants: Collection[dt.datetime], users: Mapping[uuid.UUID, uuid.UUID]
) -> list[tuple[EventView, EventProof]]:
    """Read the events at these instants about these members, or about the whole organization, in their order.

    `users` has the user of each membership. A refused act ends nothing and is left out. Two statements at most, none
    without instants.
    """
    if not instants:
        return []
    rows = list(
        Event.objects.filter(
            organization=organization,
            chain=organization,
            at__in=list(instants),
            subject__in=[*users, organization],
            outcome=Event.Outcome.DONE,
            seq__isnull=False,
        ).order_by("seq")
    )
    views = activity_events.read_events(rows=rows, known=users)
    return [
        (view, EventProof.from_event(row)) for view, row in zip(views, rows, strict=True) if view.is_authentic
    ]
