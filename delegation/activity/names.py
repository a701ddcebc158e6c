"""The names of people in events: as encrypted in the event, else as they are now."""

import uuid
from collections.abc import Iterable, Sequence

from audit.personal_data import ACTOR_LABEL, SUBJECT_LABEL
from delegation.activity.events import EventView
from identity.people.models import User


def missing(*, events: Sequence[EventView]) -> set[uuid.UUID]:
    """Return people without a name in an event, such as the owner of an account that a system confirmed."""
    actors = {
        event.actor for event in events if not _has(event, ACTOR_LABEL) and event.actor_kind != "system"
    }
    return actors | {
        event.user
        for event in events
        if event.user is not None
        and not _has(event, SUBJECT_LABEL)
        and not (event.user == event.actor and _has(event, ACTOR_LABEL))
    }


def _has(event: EventView, label: str) -> bool:
    return label in event.personal or label in event.erased


def current_names(*, users: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Read the present names of these users. One statement; none for no users."""
    ids = set(users)
    return dict(User.all_directories.filter(id__in=ids).values_list("id", "name")) if ids else {}
