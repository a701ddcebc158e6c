"""The database holds a copy of the newest checkpoint, for readiness and metrics.

Everyone with SQL can write it. So a copy counts as far as its signature is that of the folder's public keys; without
the keys on this machine, it counts as unverified.
"""

import datetime as dt
from typing import NamedTuple

from django.db import connection, transaction

from audit.checkpoints import folder, note
from audit.checkpoints.folder import UnusableFolder
from audit.foundation import clock
from audit.models import Checkpoint, Installation, Leaf
from audit.verify_export import Problem, SignedCheckpoint, VerifierKey

_OLDEST_UNCOVERED = """
SELECT least(
    (SELECT at FROM audit_leaf WHERE position = %s + 1),
    (SELECT min(at) FROM audit_inbox)
)
"""


class Known(NamedTuple):
    """What this process can say of the newest checkpoint; size 0 without a valid one."""

    size: int = 0
    at: dt.datetime | None = None
    is_expected: bool = False
    """Whether this machine has the public keys, so that a key was made."""
    is_valid: bool = True
    """False for a copy that no key of this machine signed, or that states more leaves than there are."""


def size_and_incarnation() -> tuple[int, int]:
    """Return the number of leaves and the installation's incarnation."""
    last = Leaf.objects.order_by("-position").values_list("position", flat=True).first()
    return last or 0, Installation.objects.get().incarnation


def store(*, checkpoint: SignedCheckpoint, text: str) -> None:
    """Replace the copy by this signed note."""
    values = {
        "size": checkpoint.size, "signed_at": dt.datetime.fromisoformat(checkpoint.at), "note": text,
    }  # fmt: skip
    with transaction.atomic():
        Checkpoint.objects.update_or_create(id=1, defaults=values)


def known() -> Known:
    """Return the statements of the copy, as far as its signature shows them."""
    keys = _public_keys()
    copy = Checkpoint.objects.first()
    if copy is None:
        return Known(is_expected=bool(keys))
    if not keys:
        return Known(copy.size, copy.signed_at)
    try:
        checkpoint = note.open_note(copy.note, keys=keys)
    except Problem:
        return Known(is_expected=True, is_valid=False)
    if checkpoint.size > size_and_incarnation()[0]:
        return Known(is_expected=True, is_valid=False)
    return Known(checkpoint.size, dt.datetime.fromisoformat(checkpoint.at), is_expected=True)


def age(checkpoint: Known) -> float | None:
    """Return the seconds since the newest checkpoint; None before the first."""
    return None if checkpoint.at is None else max(0.0, (clock.now() - checkpoint.at).total_seconds())


def late_seconds(checkpoint: Known) -> float:
    """Return the age of the oldest event that it does not cover, sealed or waiting; 0 where it covers each."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_UNCOVERED, [checkpoint.size])
        (oldest,) = cursor.fetchone()
    return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())


def _public_keys() -> list[VerifierKey]:
    try:
        return folder.configured().verifier_keys()
    except UnusableFolder:
        return []
