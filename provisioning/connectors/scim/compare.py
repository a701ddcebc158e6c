"""What a target says about somebody, in a form that can be compared: targets reorder, recase, and rewrite instants."""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from provisioning.connectors.rights_summary import RightSummary
from provisioning.connectors.scim import schema
from provisioning.delivery.errors import Code, DeliveryError

Record = Mapping[str, Any]
Line = tuple[tuple[str, object], ...]

LONGEST_ID = 200
"""Characters, as many as are kept of an id."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_KEPT = re.compile(r"[\x00\ud800-\udfff]")
"""What the database takes in no text: U+0000, and halves of surrogate pairs."""


def matches(ours: Record, theirs: Record) -> bool:
    """Whether a target's record says what ours says, as far as we look after it."""
    return _view(ours) == _view(theirs)


def is_active(record: Record) -> bool:
    """Strict: what is not clearly true is not active, except that RFC 7643 lets targets leave `active` out."""
    return _folded(record).get("active", True) in (True, "true", "True")


def external_id(record: Record) -> str:
    """Empty where there is none."""
    return str(_folded(record).get("externalid") or "")


def user_name(record: Record) -> str:
    """As compared: without regard to case (RFC 7643 §4.1.1)."""
    return str(_folded(record).get("username") or "").casefold()


def remote_id(record: Record) -> str:
    """The target's own id; empty where there is none. Raises Problem for one that nobody could keep."""
    said = str(_folded(record).get("id") or "")
    if len(said) > LONGEST_ID or _CONTROL.search(said):
        raise DeliveryError(Code.UNREADABLE, detail="an id too long, or with control characters")
    return said


def observed_state(record: Record) -> dict[str, Any]:
    """What pages show where a target differs: {"active", "rights": {organization: [Summary]}}. No names."""
    said = _extension(record)
    rights: dict[str, list[RightSummary]] = {}
    for grant in _lines(said, "grants"):
        rights.setdefault(_text(grant.get("organization")), []).append(_summary(grant, said))
    return {"active": is_active(record), "rights": rights}


def _summary(grant: Record, said: Record) -> RightSummary:
    limit = next((one for one in _lines(said, "limits") if _meets(one, grant)), {})
    site = grant.get("site")
    return RightSummary(
        entitlement=_text(grant.get("entitlement", "")),
        role=_text(grant.get("role", "")),
        all_sites=not site,
        sites=[_text(site)] if site else [],
        amount=_text(limit["amount"]) if "amount" in limit else None,
        currency=_text(limit.get("currency", "")),
        period=_text(limit.get("period", "")),
    )


def _text(said: object) -> str:
    return _NOT_KEPT.sub("", str(said))


def _meets(limit: Record, grant: Record) -> bool:
    keys = ("organization", "entitlement", "site")
    return all((limit.get(key) or "") == (grant.get(key) or "") for key in keys)


def _view(record: Record) -> dict[str, object]:
    plain = _folded(record)
    said = _extension(record)
    return {
        "active": is_active(record),
        "externalId": external_id(record),
        "userName": user_name(record),
        "displayName": plain.get("displayname"),
        "emails": _addresses(plain.get("emails")),
        **{name: _set(_lines(said, name)) for name in ("organizations", "grants", "limits")},
    }


def _addresses(emails: object) -> frozenset[str]:
    lines = emails if isinstance(emails, list) else []
    return frozenset(str(one.get("value", "")).casefold() for one in lines if isinstance(one, dict))


def _extension(record: Record) -> Record:
    said = _folded(record).get(schema.EXTENSION.casefold())
    return _folded(said) if isinstance(said, dict) else {}


def _lines(said: Record, name: str) -> list[Record]:
    lines = said.get(name)
    return [one for one in lines if isinstance(one, dict)] if isinstance(lines, list) else []


def _set(lines: list[Record]) -> frozenset[Line]:
    return frozenset(
        tuple(
            sorted((key.casefold(), _plain(value)) for key, value in one.items() if value not in (None, ""))
        )
        for one in lines
    )


def _plain(value: object) -> object:
    if not isinstance(value, str):
        return str(value)
    if "T" in value:
        return _instant(value)
    return _number(value) if value.replace(".", "", 1).isdigit() else value


def _instant(text: str) -> object:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return (
        (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(dt.UTC).isoformat(timespec="milliseconds")
    )


def _number(text: str) -> object:
    try:
        return str(Decimal(text).normalize())
    except InvalidOperation:
        return text


def _folded(record: Record) -> dict[str, Any]:
    """Attribute names are compared without regard to case (RFC 7643 §2.1)."""
    return {str(key).casefold(): value for key, value in record.items()}
