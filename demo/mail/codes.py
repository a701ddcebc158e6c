"""The second factors of the sample people, as their telephones would show them (TOTP, RFC 6238)."""

import base64
import dataclasses
import hmac
import json
import pathlib

PERIOD_SECONDS = 30
DIGITS = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shown:
    name: str
    email: str
    who: str
    code: str


def shown(people: pathlib.Path, *, at: float) -> list[Shown]:
    """Give everybody whose sign-in the demo announces, with the code of this moment."""
    if not people.is_file():
        return []
    listed = json.loads(people.read_bytes())["people"]
    return [
        Shown(name=one["name"], email=one["email"], who=one["who"], code=code(one["secret"], at=at))
        for one in listed
    ]


def code(secret: str, *, at: float) -> str:
    """Compute the code of a base32 secret."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, int(at // PERIOD_SECONDS).to_bytes(8), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def seconds_left(*, at: float) -> int:
    return PERIOD_SECONDS - int(at) % PERIOD_SECONDS
