"""What the database knows of the newest checkpoint, for metrics. Anyone with SQL can write it; it proves nothing."""

import datetime as dt

from django.db import connection, transaction

from audit.foundation import clock
from audit.models import Checkpoint as Copy
from audit.models import Installation, Leaf
from audit.verify_export import Checkpoint

_OLDEST_UNCOVERED = """
SELECT least(
    (SELECT at FROM audit_leaf WHERE position = coalesce((SELECT size FROM audit_checkpoint), 0) + 1),
    (SELECT min(at) FROM audit_inbox)
)
"""


def size_and_incarnation() -> tuple[int, int]:
    """Return the number of leaves and the installation's incarnation."""
    last = Leaf.objects.order_by("-position").values_list("position", flat=True).first()
    return last or 0, Installation.objects.get().incarnation


def store(*, checkpoint: Checkpoint, note: str) -> None:
    """Replace the copy."""
    values = {
        "size": checkpoint.size, "signed_at": dt.datetime.fromisoformat(checkpoint.at), "note": note,
    }  # fmt: skip
    with transaction.atomic():
        Copy.objects.update_or_create(id=1, defaults=values)


def age() -> float | None:
    """Return the seconds since the newest checkpoint; None before the first."""
    signed_at = Copy.objects.values_list("signed_at", flat=True).first()
    return None if signed_at is None else max(0.0, (clock.now() - signed_at).total_seconds())


def late_seconds() -> float:
    """Return the age of the oldest event that no checkpoint covers, sealed or waiting; 0 where each is covered."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_UNCOVERED)
        (oldest,) = cursor.fetchone()
    return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())
