"""The names of people and organizations by id, from the labels beside the log, which outlive their subjects."""

import uuid
from collections.abc import Iterable

from audit.models import Label


def display_names(*, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names of these subjects; absent for an erased one and for one without a name. One statement."""
    return dict(Label.objects.filter(id__in=set(ids)).values_list("id", "name"))
