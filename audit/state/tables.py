"""Guarded tables of the log itself are declared here."""

from audit.state import registry
from audit.state.registry import NotRebuilt

registry.register(
    NotRebuilt(
        "audit_person_key", "audit verify itself compares the keys with the events that need and destroy them"
    )
)
