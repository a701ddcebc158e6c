"""The sign-in of a session allows staff roles; each is in force only while a right also gives it."""

from collections.abc import Sequence

from identity.staff.sessions import OpenSession
from portal.signin.staff.configuration import Configuration

BREAK_GLASS = frozenset({"owner"})
"""For the first owner, and to repair what keeps the others out."""


def allowed(configured: Configuration, session: OpenSession) -> frozenset[str]:
    """Return the roles that the groups and proofs of this session's sign-in allow."""
    if session.break_glass is not None:
        return BREAK_GLASS
    return configured.assured(configured.roles(session.proof.groups), session.proof.proved)


def of_groups(configured: Configuration, session: OpenSession) -> Sequence[str]:
    """Return the roles that the groups name, also where the sign-in has proved too little for them; by key."""
    if session.break_glass is not None:
        return sorted(BREAK_GLASS)
    return sorted(configured.roles(session.proof.groups))
