"""The verifier reads the log once, in one snapshot."""

import uuid
from collections.abc import Iterable

from audit.checkpoints.folder import File
from audit.foundation.snapshot import snapshot
from audit.verification import chains, instants, leaves
from audit.verification.checkpoints import Comparison
from audit.verification.events import EventVerifier
from audit.verification.report import Report


def verify(
    *,
    chain: uuid.UUID | None = None,
    checkpoints: Iterable[File] = (),
    restores: dict[int, int] | None = None,
) -> Report:
    """Read the whole log and compare it with checkpoints, or read one chain of it, in one snapshot.

    `restores` has the incarnation of each confirmed restore with the number of leaves it kept.
    Raises MissingKey and UnusableFile for the key files of events and persons.
    """
    report = Report()
    with snapshot():
        events = EventVerifier(report)
        chains.verify(report, events, chain=chain)
        if chain is None:
            leaves.verify(report, Comparison(checkpoints, restores or {}))
            leaves.verify_inbox(report)
            instants.verify(report)
            events.person_keys.verify(report)
    return report
