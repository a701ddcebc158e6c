"""Guarded tables of the log itself are declared here."""

from audit.state import declarations
from audit.state.declarations import NotRebuilt

declarations.register(
    NotRebuilt(
        "audit_person_key", "audit verify itself compares the keys with the events that need and destroy them"
    )
)
