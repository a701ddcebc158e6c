"""Records are compared despite the rewrites of targets, which reorder lists, change case and reformat instants."""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from provisioning.connectors.connector import ObservedState
from provisioning.connectors.rights_summary import RightSummary
from provisioning.connectors.scim import schema
from provisioning.delivery.errors import Code, DeliveryError

Record = Mapping[str, Any]
_Entry = tuple[tuple[str, object], ...]

MAX_ID_LENGTH = 200
"""Characters; the length of the column that stores an id."""
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
"""Characters that PostgreSQL refuses in text: U+0000, and halves of surrogate pairs."""


def matches(ours: Record, theirs: Record) -> bool:
    """Check whether the two records agree in every attribute that Keyholder manages."""
    return _comparable(ours) == _comparable(theirs)


def is_active(record: Record) -> bool:
    """Check whether the record is active, by a clear true. RFC 7643 lets targets omit `active`, which means true."""
    return _lower_keys(record).get("active", True) in (True, "true", "True")


def external_id(record: Record) -> str:
    """Return the `externalId`; empty where absent."""
    return str(_lower_keys(record).get("externalid") or "")


def user_name(record: Record) -> str:
    """Return the `userName` in a form for comparison, which ignores case (RFC 7643 §4.1.1)."""
    return str(_lower_keys(record).get("username") or "").casefold()


def remote_id(record: Record) -> str:
    """Return the target's own id; empty where absent. Raises DeliveryError for an id that cannot be stored."""
    identifier = str(_lower_keys(record).get("id") or "")
    if len(identifier) > MAX_ID_LENGTH or _CONTROL_CHARACTERS.search(identifier):
        raise DeliveryError(Code.UNREADABLE, detail="an id too long, or with control characters")
    return identifier


def observed_state(record: Record) -> ObservedState:
    """Return the state of a record that differs, without names."""
    extension = _extension(record)
    rights: dict[str, list[RightSummary]] = {}
    for grant in _entries(extension, "grants"):
        rights.setdefault(_storable_text(grant.get("organization")), []).append(_summary(grant, extension))
    return {"active": is_active(record), "rights": rights}


def _summary(grant: Record, extension: Record) -> RightSummary:
    limits = _entries(extension, "limits")
    limit = next((entry for entry in limits if _applies_to(entry, grant)), {})
    site = grant.get("site")
    return RightSummary(
        entitlement=_storable_text(grant.get("entitlement", "")),
        role=_storable_text(grant.get("role", "")),
        all_sites=not site,
        sites=[_storable_text(site)] if site else [],
        amount=_storable_text(limit["amount"]) if "amount" in limit else None,
        currency=_storable_text(limit.get("currency", "")),
        period=_storable_text(limit.get("period", "")),
    )


def _storable_text(value: object) -> str:
    return _UNSTORABLE.sub("", str(value))


def _applies_to(limit: Record, grant: Record) -> bool:
    keys = ("organization", "entitlement", "site")
    return all((limit.get(key) or "") == (grant.get(key) or "") for key in keys)


def _comparable(record: Record) -> dict[str, object]:
    attributes = _lower_keys(record)
    extension = _extension(record)
    return {
        "active": is_active(record),
        "externalId": external_id(record),
        "userName": user_name(record),
        "displayName": attributes.get("displayname"),
        "emails": _email_addresses(attributes.get("emails")),
        **{name: _entry_set(_entries(extension, name)) for name in ("organizations", "grants", "limits")},
    }


def _email_addresses(emails: object) -> frozenset[str]:
    entries = emails if isinstance(emails, list) else []
    return frozenset(str(entry.get("value", "")).casefold() for entry in entries if isinstance(entry, dict))


def _extension(record: Record) -> Record:
    extension = _lower_keys(record).get(schema.EXTENSION.casefold())
    return _lower_keys(extension) if isinstance(extension, dict) else {}


def _entries(extension: Record, name: str) -> list[Record]:
    entries = extension.get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _entry_set(entries: list[Record]) -> frozenset[_Entry]:
    return frozenset(
        tuple(
            sorted(
                (key.casefold(), _normalized(value))
                for key, value in entry.items()
                if value not in (None, "")
            )
        )
        for entry in entries
    )


def _normalized(value: object) -> object:
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


def _lower_keys(record: Record) -> dict[str, Any]:
    """Return the record with names in lower case, because attribute names ignore case (RFC 7643 §2.1)."""
    return {str(key).casefold(): value for key, value in record.items()}
