"""The names of people and companies by id, from the labels beside the log: they outlive their subjects."""

import uuid
from collections.abc import Iterable

from audit.models import Label


def display_names(*, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What each of these is called; absent for one that has been erased or never had a name. One statement."""
    return dict(Label.objects.filter(id__in=set(ids)).values_list("id", "name"))
