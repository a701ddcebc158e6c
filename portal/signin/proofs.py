"""Allauth's records say what a session has proved and when, as authentication factors and values of RFC 8176."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from identity.people.models import User

# RFC 8176 values by method and type of allauth's records.
_AMR = {
    ("password", ""): "pwd",
    ("mfa", "totp"): "otp",
    ("mfa", "recovery_codes"): "otp",
    ("mfa", "webauthn"): "swk",
}


class Factor(Flag):
    """The authentication factors of a record (NIST SP 800-63B-4 §2): what a person knows, and what a person has."""

    NONE = 0
    KNOWLEDGE = auto()
    POSSESSION = auto()


TWO_FACTORS = Factor.KNOWLEDGE | Factor.POSSESSION


@dataclass(frozen=True, slots=True)
class Proof:
    """One authentication: its methods, and the instant since when every one of them has been proved.

    `at` is that of its oldest record, so that `auth_time` never claims more than `amr` proves.
    """

    at: dt.datetime
    amr: tuple[str, ...]

    @property
    def is_full(self) -> bool:
        """Return whether two factors were proved."""
        return "mfa" in self.amr


NOTHING = Proof(at=dt.datetime.fromtimestamp(0, dt.UTC), amr=())


def strongest(request: HttpRequest) -> Proof:
    """Return the newest proof of two factors; without one, the newest of one factor; NOTHING without a sign-in."""
    records = _records(request)
    newest = {
        factor: next((record for record in reversed(records) if factor in _factors(record)), None)
        for factor in (Factor.KNOWLEDGE, Factor.POSSESSION, TWO_FACTORS)
    }
    alone, password, possession = (
        newest[factor] for factor in (TWO_FACTORS, Factor.KNOWLEDGE, Factor.POSSESSION)
    )
    candidates = [_proof([alone])] if alone else []
    if password and possession:
        pair = [record for record in records if record is password or record is possession]
        candidates.append(_proof(pair))
    return max(candidates, key=lambda proof: proof.at) if candidates else newest_single(request)


def newest_single(request: HttpRequest) -> Proof:
    """Return what the last record proves by itself; NOTHING without a sign-in."""
    records = _records(request)
    return _proof(records[-1:]) if records else NOTHING


def factors_since(request: HttpRequest, since: dt.datetime) -> Factor:
    """Return the factors that the session has proved after `since`."""
    proved = Factor.NONE
    for record in _records(request):
        if _instant(record) > since:
            proved |= _factors(record)
    return proved


def _proof(records: Sequence[Mapping[str, Any]]) -> Proof:
    values = list(dict.fromkeys(value for record in records for value in _amr(record)))
    proved = Factor.NONE
    for record in records:
        proved |= _factors(record)
    return Proof(
        at=min(_instant(record) for record in records),
        amr=(*values, *(["mfa"] if proved == TWO_FACTORS else [])),
    )


def _records(request: HttpRequest) -> list[Mapping[str, Any]]:
    """Return the proofs that the person gave in this session, oldest first; those without an `amr` are left out."""
    user = request.user
    records = get_authentication_records(request, user) if isinstance(user, User) else []
    return sorted((record for record in records if _amr(record)), key=_instant)


def _amr(record: Mapping[str, Any]) -> list[str]:
    value = _AMR.get((str(record.get("method")), str(record.get("type", ""))))
    if value is None:
        return []
    return [str(record.get("amr", value)), *(["user"] if record.get("passwordless") else [])]


def _factors(record: Mapping[str, Any]) -> Factor:
    if record.get("passwordless"):
        return TWO_FACTORS  # a passkey whose device has verified its user (WebAuthn §6.2.3)
    return Factor.KNOWLEDGE if record.get("method") == "password" else Factor.POSSESSION


def _instant(record: Mapping[str, Any]) -> dt.datetime:
    """Return the instant of one of allauth's records, by our clock where it was set."""
    return dt.datetime.fromtimestamp(float(record.get("instant", record["at"])), dt.UTC)
