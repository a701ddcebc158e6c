"""How the person of a session proved who they are: what allauth wrote down, in the words of RFC 8176."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from identity.people.models import User

# RFC 8176 values of what allauth wrote down, by (method, type).
_AMR = {
    ("password", ""): "pwd",
    ("mfa", "totp"): "otp",
    ("mfa", "recovery_codes"): "otp",
    ("mfa", "webauthn"): "swk",
}


def authentication(request: HttpRequest) -> tuple[dt.datetime, list[str]]:
    """When this person last proved who they are, and how (RFC 8176); never, with an empty list, for nobody."""
    user = request.user
    records = get_authentication_records(request, user) if isinstance(user, User) else []
    known = [record for record in records if _amr(record)]
    if not known:
        return dt.datetime.fromtimestamp(0, dt.UTC), []
    values = list(dict.fromkeys(value for record in known for value in _amr(record)))
    kinds = {_kind(record) for record in known}
    if len(kinds) > 1 or any(record.get("passwordless") for record in known):
        values.append("mfa")
    return dt.datetime.fromtimestamp(instant(known[-1]), dt.UTC), values


def _amr(record: Mapping[str, Any]) -> list[str]:
    value = _AMR.get((str(record.get("method")), str(record.get("type", ""))))
    if value is None:
        return []
    return [str(record.get("amr", value)), *(["user"] if record.get("passwordless") else [])]


def instant(record: Mapping[str, Any]) -> float:
    """When a record of allauth's was made, by our clock: seconds since 1970."""
    return float(record.get("instant", record["at"]))


def _kind(record: Mapping[str, Any]) -> str:
    """What a record proves: that something is known, or held."""
    return "known" if record.get("method") == "password" else "held"
