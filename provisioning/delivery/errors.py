"""How a delivery ended, in codes."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Why something is not delivered. Public: pages make sentences of them."""

    ADDRESS_REFUSED = "address_refused"
    """It leads into the machine's own networks and the operator has not allowed that host."""
    AMBIGUOUS = "ambiguous"
    """The target names several records for one person."""
    BUSY = "busy"
    """The target asks to be left alone for a while (429, 503)."""
    CONFLICT = "conflict"
    """The target holds somebody else under this address."""
    FAULT = "fault"
    """Something on our side; the log of `deliver` says what."""
    LOST = "lost"
    """The connection broke or time ran out after the request had gone out: it may have been carried out."""
    NOT_APPLIED = "not_applied"
    """The target answered that it had done it, and reading it back shows that it has not."""
    REFUSED = "refused"
    """The target understood and refused."""
    TARGET_ERROR = "target_error"
    """The target failed (5xx)."""
    UNAUTHORIZED = "unauthorized"
    """The target does not accept our token."""
    UNREACHABLE = "unreachable"
    """No connection."""
    UNREADABLE = "unreadable"
    """The answer is not what the protocol asks for."""


TARGET_UNAVAILABLE = frozenset({Code.UNREACHABLE, Code.LOST, Code.BUSY})
"""The target as a whole, not one record."""
PERMANENT = frozenset(
    {Code.ADDRESS_REFUSED, Code.AMBIGUOUS, Code.CONFLICT, Code.NOT_APPLIED, Code.REFUSED, Code.UNAUTHORIZED}
)
"""Trying again soon will hardly help."""


@dataclass(slots=True)
class DeliveryError(Exception):
    """A delivery that did not succeed. `wait`: how long the other side asked us to stay away."""

    code: Code
    wait: dt.timedelta | None = None
    detail: str = ""
    """For the operator's log; never a body of the other side."""

    def __str__(self) -> str:
        return f"{self.code} {self.detail}".strip()
