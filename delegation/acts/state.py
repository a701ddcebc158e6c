"""Stored outcomes are not in the log."""

from audit.state import declarations
from audit.state.declarations import NotRebuilt

declarations.register(
    NotRebuilt(
        "delegation_idempotencyrecord",
        "the answer to a repeated request, kept for a week; the act itself is in the log",
    )
)
