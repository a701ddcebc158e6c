"""The authentication methods of a session: allauth's records as the values of RFC 8176."""

import datetime as dt
from collections.abc import Mapping
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


def last_authentication(request: HttpRequest) -> tuple[dt.datetime, list[str]]:
    """Return the instant and the methods (RFC 8176) of the last authentication; 1970 and none without a sign-in."""
    user = request.user
    records = get_authentication_records(request, user) if isinstance(user, User) else []
    known = [record for record in records if _amr(record)]
    if not known:
        return dt.datetime.fromtimestamp(0, dt.UTC), []
    values = list(dict.fromkeys(value for record in known for value in _amr(record)))
    factors = {_factor(record) for record in known}
    if len(factors) > 1 or any(record.get("passwordless") for record in known):
        values.append("mfa")
    return dt.datetime.fromtimestamp(instant_of(known[-1]), dt.UTC), values


def _amr(record: Mapping[str, Any]) -> list[str]:
    value = _AMR.get((str(record.get("method")), str(record.get("type", ""))))
    if value is None:
        return []
    return [str(record.get("amr", value)), *(["user"] if record.get("passwordless") else [])]


def instant_of(record: Mapping[str, Any]) -> float:
    """Return the instant of one of allauth's records by our clock, in seconds since 1970."""
    return float(record.get("instant", record["at"]))


def _factor(record: Mapping[str, Any]) -> str:
    """Return the authentication factor of a record (NIST SP 800-63B-4): knowledge or possession."""
    return "knowledge" if record.get("method") == "password" else "possession"
