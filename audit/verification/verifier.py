"""The verifier reads the log once, in one snapshot."""

import uuid

from audit.foundation.snapshot import snapshot
from audit.verification import chains, leaves
from audit.verification.report import Report


def verify(*, chain: uuid.UUID | None = None) -> Report:
    """Read the whole log, or one chain of it, in one snapshot.

    Raises MissingKey without the key file that authenticates events.
    """
    report = Report()
    with snapshot():
        chains.verify(report, chain=chain)
        if chain is None:
            leaves.verify(report)
            leaves.verify_inbox(report)
    return report
