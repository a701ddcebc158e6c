"""The page shows second factors as the telephones of the sample people and of invited people would (TOTP, RFC 6238)."""

import base64
import binascii
import dataclasses
import hmac
import json
import pathlib

from demo.service import store

PERIOD_SECONDS = 30
DIGITS = 6
MOST_APPS = 50
LEAST_BYTES = 10


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


class Apps:
    """Keeps the keys that visitors add for the people they have invited, in one file; the newest first."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def codes(self, *, at: float) -> list[PersonCode]:
        return [
            PersonCode(name=app["name"], email="", who="added here", code=code(app["key"], at=at))
            for app in self._apps()
        ]

    def add(self, *, name: str, key: str) -> None:
        """Raises ValueError with a sentence where the key cannot be one."""
        plain = "".join(key.split()).upper()
        others = [app for app in self._apps() if app["key"] != plain]
        app = {"name": name.strip() or "No name", "key": checked(plain)}
        store.write_json(self._path, [app, *others][:MOST_APPS])

    def _apps(self) -> list[dict[str, str]]:
        return json.loads(self._path.read_bytes()) if self._path.exists() else []


def checked(key: str) -> str:
    """Return a base32 key. Raises ValueError with a sentence."""
    try:
        if len(decode(key)) >= LEAST_BYTES:
            return key
    except (binascii.Error, ValueError):
        pass
    raise ValueError("Enter the key as the page shows it: letters A to Z and digits 2 to 7.")


def decode(secret: str) -> bytes:
    return base64.b32decode(secret + "=" * (-len(secret) % 8))


def code(secret: str, *, at: float) -> str:
    """Compute the code of a base32 secret."""
    digest = hmac.digest(decode(secret), int(at // PERIOD_SECONDS).to_bytes(8), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def seconds_left(*, at: float) -> int:
    return PERIOD_SECONDS - int(at) % PERIOD_SECONDS
