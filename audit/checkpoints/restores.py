"""The deliverer's user confirms a restore, which takes events from the log that a checkpoint states.

The owner of the database can raise the incarnation without a restore. One that is not confirmed here is not signed,
and excuses no difference from an older checkpoint.
"""

from typing import NamedTuple

from audit.checkpoints import newest
from audit.checkpoints.folder import Folder, UnusableFolder
from audit.checkpoints.signer import Inconsistent
from audit.checkpoints.stored_tree import StoredTree
from audit.foundation.snapshot import snapshot
from audit.models import Leaf
from audit.verify_export import SignedCheckpoint


class Confirmed(NamedTuple):
    """A restore that was confirmed: the leaves that it kept, and the newest checkpoint before it."""

    incarnation: int
    kept: int
    last: SignedCheckpoint


def confirm(*, folder: Folder) -> Confirmed:
    """Record that this database was restored, and how many leaves the restore kept.

    Raises Inconsistent where those leaves are not the ones that a checkpoint states, and UnusableFolder.
    """
    folder.signing_key()
    latest = folder.latest()
    if latest is None:
        raise UnusableFolder("No checkpoint was signed here before: there is nothing to confirm.")
    last = latest.checkpoint
    with snapshot():
        _, incarnation = newest.size_and_incarnation()
        if incarnation <= last.incarnation:
            raise Inconsistent(f"No restore raised the incarnation: it is {incarnation}.")
        kept = _kept(incarnation)
        _require_agreement(folder, incarnation, kept)
    folder.add_restore(incarnation=incarnation, kept=kept)
    return Confirmed(incarnation, kept, last)


def is_replaced(checkpoint: SignedCheckpoint, restores: dict[int, int]) -> bool:
    """Say whether a confirmed restore took leaves away that the checkpoint covers: nothing can be compared with it."""
    return any(
        incarnation > checkpoint.incarnation and kept < checkpoint.size
        for incarnation, kept in restores.items()
    )


def _kept(incarnation: int) -> int:
    """Return the last leaf that an earlier incarnation placed."""
    earlier = Leaf.objects.filter(incarnation__lt=incarnation)
    return earlier.order_by("-position").values_list("position", flat=True).first() or 0


def _require_agreement(folder: Folder, incarnation: int, kept: int) -> None:
    """Compare with the newest checkpoint that the kept leaves cover; it covers what older ones do."""
    restores = folder.restores() | {incarnation: kept}
    covered = [
        (file.checkpoint.size, file.name, file.checkpoint)
        for file in folder.files()
        if file.checkpoint and not is_replaced(file.checkpoint, restores)
    ]
    if not covered:
        return
    size, name, checkpoint = max(covered)
    try:
        is_same = StoredTree().root(size) == checkpoint.root
    except LookupError:
        is_same = False
    if not is_same:
        raise Inconsistent(f"The log differs from checkpoint {name}, which no restore explains.")
