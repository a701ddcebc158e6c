"""The page shows the sample people's second factors as their telephones would (TOTP, RFC 6238)."""

import base64
import dataclasses
import hmac
import json
import pathlib

PERIOD_SECONDS = 30
DIGITS = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class PersonCode:
    name: str
    email: str
    who: str
    code: str


def person_codes(people: pathlib.Path, *, at: float) -> list[PersonCode]:
    """List the people with an announced sign-in, with the code of the instant `at`."""
    if not people.is_file():
        return []
    entries = json.loads(people.read_bytes())["people"]
    return [
        PersonCode(
            name=entry["name"], email=entry["email"], who=entry["who"], code=code(entry["secret"], at=at)
        )
        for entry in entries
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
