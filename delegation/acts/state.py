"""Stored outcomes are not in the log."""

from audit.state import registry
from audit.state.registry import NotRebuilt

registry.register(
    NotRebuilt(
        "delegation_idempotencyrecord",
        "the answer to a repeated request, kept for a week; the act itself is in the log",
    )
)
