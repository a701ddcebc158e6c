"""Primary keys are made in Python, because PostgreSQL makes version 7 UUIDs only from 18 on."""

import secrets
import time
import uuid

_MILLISECONDS = 48
_RANDOM = 74


def uuid7() -> uuid.UUID:
    """Make a version 7 UUID (RFC 9562 §5.7), which is time-ordered and has 74 random bits.

    The order serves indexes only; no code may rely on it.
    """
    milliseconds = time.time_ns() // 1_000_000  # noqa: TID251 - an index hint, never read back as an instant
    random = secrets.randbits(_RANDOM)
    value = (milliseconds & ((1 << _MILLISECONDS) - 1)) << 80
    value |= 0x7 << 76
    value |= (random >> 62) << 64
    value |= 0b10 << 62
    value |= random & ((1 << 62) - 1)
    return uuid.UUID(int=value)
