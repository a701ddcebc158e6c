"""Recovery codes are ten look-up secrets (NIST SP 800-63B-4 §3.1.2), shown once, each accepted once.

A code has 16 digits: the first is its number, the others are random (50 bits). Codes below 112 bits are hashed like
passwords (ASVS 5.0 V6.5.2); the number says which hash to compare, so that an attempt costs one hash and not ten.
"""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.contrib.auth import hashers
from django.db.models import QuerySet

from identity.people.models import User
from portal.signin.customers import code_input

COUNT = 10
_RANDOM_DIGITS = 15
_HASHES, _USED = "hashes", "used"
"""In the data of the row: the hash of each code, by its number, which never changes; the numbers of used codes."""


@dataclass(frozen=True, slots=True)
class MatchingCode:
    """Names an unused code that a person typed; `spend` uses it up."""

    number: str
    hash: str


def generate() -> list[str]:
    """Generate new codes."""
    return [f"{number}{secrets.randbelow(10**_RANDOM_DIGITS):0{_RANDOM_DIGITS}}" for number in range(COUNT)]


def hashed(*, user: User, codes: list[str]) -> dict[str, str]:
    """Return the hash of each code, by its number. It takes a third of a second: call it before any lock."""
    return {code[0]: hashers.make_password(_bound(code, user.pk)) for code in codes}


def store(*, user: User, hashes: Mapping[str, str]) -> Authenticator:
    """Store the hashes of new codes (`hashed`) in place of those of the person's older ones."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    for old in _rows(user.pk):
        old.delete()
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.RECOVERY_CODES, data={_HASHES: dict(hashes), _USED: ""}
    )


def count(*, user: uuid.UUID) -> int:
    """Return how many unused codes this person has."""
    return sum(len(_unused(row)) for row in _rows(user))


def exist(*, user: uuid.UUID) -> bool:
    """Return whether this person was given codes, used or not."""
    return _rows(user).exists()


def find(*, user: uuid.UUID, code: str) -> MatchingCode | None:
    """Find the unused code that was typed. It is slow: call it before the lock that `spend` needs."""
    typed = code_input.normalized(code)
    if len(typed) != 1 + _RANDOM_DIGITS:
        return None
    for row in _rows(user):
        stored = _unused(row).get(typed[0], "")
        if stored and hashers.check_password(_bound(typed, user), stored):
            return MatchingCode(typed[0], stored)
    return None


def spend(*, row: Authenticator, code: MatchingCode) -> bool:
    """Use up a code, or return False where another request did. The caller holds the lock of the person's row."""
    if _unused(row).get(code.number) != code.hash:
        return False
    used = row.data[_USED] + code.number
    Authenticator.objects.filter(pk=row.pk).update(data={**row.data, _USED: used})
    return True


def _unused(row: Authenticator) -> dict[str, str]:
    hashes: dict[str, str] = row.data[_HASHES]
    return {number: stored for number, stored in hashes.items() if number not in row.data[_USED]}


def _rows(user: uuid.UUID) -> QuerySet[Authenticator]:
    rows: QuerySet[Authenticator] = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.RECOVERY_CODES
    )
    return rows


def _bound(code: str, user: uuid.UUID) -> str:
    """Bind the hash to the person: a row moved to another person accepts no code."""
    return f"{user}:{code}"
