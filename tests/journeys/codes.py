"""One-time codes as an authenticator app makes them (RFC 6238), without the portal's code."""

import base64
import hashlib
import hmac
import struct
import time

STEP = 30


_used: set[tuple[str, int]] = set()


def now(secret: str) -> str:
    """The six digits of a half minute with two seconds left, in which none were used: a code works once."""
    while (secret, (counter := int(time.time() // STEP))) in _used or time.time() % STEP > STEP - 2:
        time.sleep(0.5)
    _used.add((secret, counter))
    return at(secret, counter)


def at(secret: str, counter: int) -> str:
    """The six digits of one step."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
