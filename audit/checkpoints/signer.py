"""The deliverer signs a checkpoint when the log has grown, and refuses a log that does not continue the last one."""

import time
from collections.abc import Collection
from dataclasses import dataclass

import structlog

from audit.checkpoints import heads, newest
from audit.checkpoints.folder import Folder, Signed, UnusableFolder, configured
from audit.checkpoints.heads import HeadsRoot
from audit.checkpoints.note import CheckpointKey
from audit.checkpoints.stored_tree import StoredTree
from audit.foundation import clock
from audit.foundation.snapshot import snapshot
from audit.log import canonical
from audit.verify_export import SignedCheckpoint

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 60.0
_SHARE = 20
"""Signing takes at most a twentieth of the time, also with a million chains."""


class Inconsistent(Exception):
    """The log is not a continuation of the last checkpoint; nothing is signed."""


@dataclass(slots=True)
class Signer:
    """Signs at intervals, and reports what keeps it from signing without stopping anything else."""

    _next: float = 0.0
    _has_warned: bool = False

    def run(self, *, now: bool = False) -> None:
        """Sign when the interval has passed, or `now`. What keeps it from signing is an error at each interval."""
        started = time.monotonic()
        if started < self._next and not now:
            return
        try:
            self._sign(configured())
        except Inconsistent as error:
            log.error("checkpoints.refused", reason=str(error))  # noqa: TRY400 - the reason says all
        except (UnusableFolder, OSError) as error:
            log.error("checkpoints.unusable", reason=str(error))  # noqa: TRY400 - the reason says all
        ended = time.monotonic()
        self._next = ended + max(INTERVAL_SECONDS, (ended - started) * _SHARE)

    def _sign(self, folder: Folder) -> None:
        if not folder.has_key():
            self._warn_once(folder)
            return
        signed = sign(folder=folder)
        if signed is not None:
            log.info("checkpoints.signed", size=signed.size, incarnation=signed.incarnation)

    def _warn_once(self, folder: Folder) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "checkpoints.no_key",
                folder=str(folder.path),
                advice="Run `manage.py checkpoints make-key` as the deliverer's system user.",
            )


def sign(*, folder: Folder) -> SignedCheckpoint | None:
    """Sign the log as it is now. None where this key signed it already, or another process on this machine is signing.

    Raises Inconsistent and UnusableFolder. The lock is older than the snapshot: the last checkpoint is never newer
    than it.
    """
    key = folder.signing_key()
    with folder.locked() as is_mine:
        if not is_mine:
            return None
        last = folder.latest()
        current = _describe(key, last, folder.restores())
        if current is None:
            return None
        text = key.sign(current)
        folder.add(text, current)
    newest.store(checkpoint=current, text=text)
    return current


def _describe(
    key: CheckpointKey, latest: Signed | None, restores: Collection[int]
) -> SignedCheckpoint | None:
    """Describe the log as it is now; None where the last checkpoint already does under this key."""
    last = latest.checkpoint if latest else None
    # Otherwise the last checkpoint stays under a replaced key, and cannot be opened once that is no longer trusted.
    is_signed = latest is None or key.signed(latest.note)
    with snapshot():
        size, incarnation = newest.size_and_incarnation()
        tree, base = StoredTree(), None
        if last is not None:
            _require_continuation(last, tree, size, incarnation, restores)
            base = last if last.incarnation == incarnation else None
        if size == 0 or (base and size == base.size and is_signed):
            return None
        current = _heads(size, base)
        # The clock of this machine: who owns the database can move the database's.
        at = max(canonical.format_instant(clock.wall()), last.at if last else "")
        return SignedCheckpoint(
            key.name, size, _root(tree, size), incarnation, current.chains, current.root, at
        )


def _heads(size: int, base: SignedCheckpoint | None) -> HeadsRoot:
    """Return the heads' root, after a comparison of the earlier heads with the checkpoint that this log continues."""
    if base is None:
        (current,) = heads.roots(sizes=[size])
        return current
    current, earlier = heads.roots(sizes=[size, base.size])
    if earlier != (base.chains, base.heads):
        raise Inconsistent(f"The heads of chains at size {base.size} differ from the last checkpoint.")
    return current


def _require_continuation(
    last: SignedCheckpoint, tree: StoredTree, size: int, incarnation: int, restores: Collection[int]
) -> None:
    """Compare with the last checkpoint, unless a confirmed restore raised the incarnation."""
    if incarnation < last.incarnation:
        raise Inconsistent(f"The incarnation is {incarnation}, the last checkpoint's is {last.incarnation}.")
    if incarnation > last.incarnation:
        if incarnation in restores:
            return
        raise Inconsistent(
            f"The incarnation was raised from {last.incarnation} to {incarnation}. If the database was restored, run"
            " `manage.py checkpoints confirm-restore`."
        )
    if size < last.size:
        raise Inconsistent(f"The log has {size} leaves, the last checkpoint {last.size}.")
    if _root(tree, last.size) != last.root:
        raise Inconsistent(f"The first {last.size} leaves differ from the last checkpoint.")


def _root(tree: StoredTree, size: int) -> bytes:
    try:
        return tree.root(size)
    except LookupError as error:
        raise Inconsistent(str(error)) from error
