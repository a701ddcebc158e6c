"""Public codes say why deliveries fail."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """A code says why a delivery failed. It is public: pages map each code to a sentence."""

    ADDRESS_REFUSED = "address_refused"
    """The address lies in the machine's own networks and the operator has not allowed that host."""
    AMBIGUOUS = "ambiguous"
    """The target has several records for one person."""
    BUSY = "busy"
    """The target asks for a pause, and has not executed the request (408, 425, 429, 503)."""
    CONFLICT = "conflict"
    """The target has another person's record under this address."""
    FAULT = "fault"
    """A fault in Keyholder; the log of `deliver` has the traceback."""
    LOST = "lost"
    """No answer came after the request was sent, or none to a gateway (502, 504): it may have been executed."""
    NOT_APPLIED = "not_applied"
    """The target reported success, and reading the record back shows no change: temporary at first (`is_permanent`)."""
    NO_SUCH_RECIPIENT = "no_such_recipient"
    """The relay has no mailbox for this address."""
    REFUSED = "refused"
    """The target understood the request and refused it."""
    TARGET_ERROR = "target_error"
    """The target failed (5xx)."""
    UNAUTHORIZED = "unauthorized"
    """The target does not accept our token."""
    UNREACHABLE = "unreachable"
    """No connection."""
    UNREADABLE = "unreadable"
    """The response does not follow the protocol."""


TARGET_UNAVAILABLE = frozenset({Code.UNREACHABLE, Code.LOST, Code.BUSY})
"""The target as a whole is unavailable, not one record."""
PERMANENT = frozenset(
    {
        Code.ADDRESS_REFUSED,
        Code.AMBIGUOUS,
        Code.CONFLICT,
        Code.NO_SUCH_RECIPIENT,
        Code.NOT_APPLIED,
        Code.REFUSED,
        Code.UNAUTHORIZED,
    }
)
"""An early retry will hardly succeed; a write that is not shown becomes one of these (`is_permanent`)."""


ANSWERED = frozenset(
    {
        Code.AMBIGUOUS,
        Code.CONFLICT,
        Code.NOT_APPLIED,
        Code.REFUSED,
        Code.TARGET_ERROR,
        Code.UNAUTHORIZED,
        Code.UNREADABLE,
    }
)
"""The target as a whole answers."""
SETTLING_ATTEMPTS = 4
"""A read may be older than our write for some seconds: all but the last of these are repeated after 1, 2 and 4 s."""


def is_permanent(*, code: Code, attempts: int) -> bool:
    """Check whether an early retry will hardly succeed. `attempts`: failures in a row with this code."""
    return code in PERMANENT and (code is not Code.NOT_APPLIED or attempts >= SETTLING_ATTEMPTS)


@dataclass(slots=True)
class DeliveryError(Exception):
    """A delivery has failed. `retry_after`: the pause that the target asked for."""

    code: Code
    retry_after: dt.timedelta | None = None
    detail: str = ""
    """For the operator's log; never a response body."""
    remote_id: str = ""
    """The target's id of the record, where this delivery has created or found it."""

    def __str__(self) -> str:
        return f"{self.code} {self.detail}".strip()
