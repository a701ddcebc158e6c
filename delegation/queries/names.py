"""The names of people and companies by id, from the labels beside the log: they outlive their subjects."""

import uuid
from collections.abc import Iterable

from audit.models import Label

_MOST = 200


def of(*, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What each of these is called; absent for one that has been erased or never had a name. One statement."""
    return dict(Label.objects.filter(id__in=set(ids)).values_list("id", "text"))


def like(*, text: str, kind: str = "user") -> list[uuid.UUID]:
    """Ids of those whose name holds `text`, 200 at most."""
    return list(Label.objects.filter(kind=kind, text__icontains=text).values_list("id", flat=True)[:_MOST])
