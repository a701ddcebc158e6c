"""Records are judged despite the rewrites of targets, which reorder lists, change case and reformat values."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provisioning.connectors.connector import ObservedState
from provisioning.connectors.rights_summary import RightSummary
from provisioning.connectors.scim import equivalence, schema
from provisioning.delivery.errors import Code, DeliveryError

Record = Mapping[str, Any]
_Instants = dict[str, Any]
_Entries = dict[frozenset[tuple[str, object]], list[_Instants]]
"""Entries of one list: by the values that are equal or not, those that targets round."""

MAX_ID_LENGTH = 200
"""Characters; the length of the column that stores an id."""
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PATH_STEPS = frozenset({".", ".."})
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
"""Characters that PostgreSQL refuses in text: U+0000, and halves of surrogate pairs."""
_MOST_GRANTS = 20_000
"""With the largest answer that is read, the state stays within the database's bound on `Account.observed`."""


_Normalize = Callable[[object], object]
_ORGANIZATION: Mapping[str, _Normalize] = {
    "id": equivalence.identifier,
    "key": equivalence.text,
    "name": equivalence.text,
    "customernumber": equivalence.text,
    "active": equivalence.is_true,
}
_SCOPE: Mapping[str, _Normalize] = {
    "organization": equivalence.identifier,
    "entitlement": equivalence.text,
    "site": equivalence.identifier,
}
_GRANT = {**_SCOPE, "application": equivalence.text, "role": equivalence.text, "sitename": equivalence.text}
_LIMIT = {**_SCOPE, "amount": equivalence.amount, "currency": equivalence.text, "period": equivalence.text}
_ROUNDED = ("from", "until")
_LISTS: Mapping[str, Mapping[str, _Normalize]] = {
    "organizations": _ORGANIZATION,
    "grants": _GRANT,
    "limits": _LIMIT,
}
"""The extension's lists, with the keys that Keyholder writes; a target may add others."""


def is_done(ours: Record, theirs: Sequence[Record]) -> bool:
    """Judge whether the target's records of one person are as desired; nothing else judges this.

    An active person has one record, which matches. A removed person has no record, or inactive ones: a target may drop
    anything else of them.
    """
    if is_active(ours):
        return len(theirs) == 1 and matches(ours, theirs[0])
    return all(is_inactive(record) for record in theirs)


def matches(ours: Record, theirs: Record) -> bool:
    """Check whether the two records agree in every attribute that Keyholder manages."""
    return (
        _comparable(ours) == _comparable(theirs)
        and ("phoneNumbers" not in ours or _work_phones(ours) == _work_phones(theirs))
        and all(_have_same_entries(_grouped(ours, name), _grouped(theirs, name)) for name in _LISTS)
    )


def is_active(record: Record) -> bool:
    """Check whether the record is active, by a clear true. RFC 7643 lets targets omit `active`, which means true."""
    active = lower_keys(record).get("active")
    return bool(user_name(record)) if active is None else equivalence.is_true(active)


def is_inactive(record: Record) -> bool:
    """Check whether the record is inactive, by a clear false, or because the target has emptied it."""
    active = lower_keys(record).get("active")
    return not user_name(record) if active is None else equivalence.is_false(active)


def is_closed(record: Record) -> bool:
    """Check whether the record is inactive by a clear false."""
    return equivalence.is_false(lower_keys(record).get("active"))


def external_id(record: Record) -> str:
    """Return the `externalId` in a form for comparison; empty where absent."""
    return equivalence.identifier(lower_keys(record).get("externalid") or "")


def user_name(record: Record) -> str:
    """Return the `userName` in a form for comparison, which ignores case (RFC 7643 §4.1.1)."""
    return equivalence.text(lower_keys(record).get("username") or "").casefold()


def remote_id(record: Record) -> str:
    """Return the target's own id; empty where absent. Raises DeliveryError for an id that cannot be stored or sent."""
    identifier = str(lower_keys(record).get("id") or "")
    if len(identifier) > MAX_ID_LENGTH or _CONTROL_CHARACTERS.search(identifier):
        raise DeliveryError(Code.UNREADABLE, detail="an id too long, or with control characters")
    if identifier in _PATH_STEPS:
        raise DeliveryError(Code.UNREADABLE, detail="an id that is a step in a path")
    return identifier


def observed_state(record: Record) -> ObservedState:
    """Return the state of a record that differs, without names; of an endless record its beginning."""
    extension = _extension(record)
    limits: dict[tuple[object, ...], Record] = {}
    for limit in _entries(extension, "limits"):
        limits.setdefault(_scope(limit), limit)
    rights: dict[str, list[RightSummary]] = {}
    for grant in _entries(extension, "grants")[:_MOST_GRANTS]:
        organization = _storable_text(equivalence.identifier(grant.get("organization")))
        rights.setdefault(organization, []).append(_summary(grant, limits.get(_scope(grant), {})))
    return {"active": is_active(record), "rights": rights}


def _summary(grant: Record, limit: Record) -> RightSummary:
    site = grant.get("site")
    return RightSummary(
        entitlement=_storable_text(grant.get("entitlement", "")),
        role=_storable_text(grant.get("role", "")),
        all_sites=not site,
        sites=[_storable_text(equivalence.identifier(site))] if site else [],
        amount=_storable_text(equivalence.amount(limit["amount"])) if "amount" in limit else None,
        currency=_storable_text(limit.get("currency", "")),
        period=_storable_text(limit.get("period", "")),
    )


def _storable_text(value: object) -> str:
    return _UNSTORABLE.sub("", str(value))


def _scope(entry: Record) -> tuple[object, ...]:
    """Return the values by which a limit belongs to its grants, as texts, whatever types the target wrote."""
    return tuple(form(entry.get(key) or "") for key, form in _SCOPE.items())


def _comparable(record: Record) -> dict[str, object]:
    attributes = lower_keys(record)
    return {
        "active": is_active(record),
        "externalId": external_id(record),
        "userName": user_name(record),
        "displayName": equivalence.text(attributes.get("displayname") or ""),
        "emails": _email_addresses(attributes),
    }


def _email_addresses(attributes: Record) -> frozenset[str]:
    return frozenset(
        equivalence.text(entry.get("value", "")).casefold() for entry in _entries(attributes, "emails")
    )


def _work_phones(record: Record) -> frozenset[str]:
    """Return the work phones; a target may add others, and may leave the type out."""
    entries = [lower_keys(entry) for entry in _entries(lower_keys(record), "phonenumbers")]
    return frozenset(
        equivalence.phone(entry.get("value", ""))
        for entry in entries
        if str(entry.get("type") or "work").casefold() == "work"
    )


def _extension(record: Record) -> Record:
    extension = lower_keys(record).get(schema.EXTENSION.casefold())
    return lower_keys(extension) if isinstance(extension, dict) else {}


def _entries(attributes: Record, name: str) -> list[Record]:
    entries = attributes.get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _grouped(record: Record, name: str) -> _Entries:
    forms, groups = _LISTS[name], _Entries()
    for entry in _entries(_extension(record), name):
        present = {key: value for key, value in lower_keys(entry).items() if value not in (None, "")}
        group = frozenset((key, form(present[key])) for key, form in forms.items() if key in present)
        instants = {key: equivalence.instant(present[key]) for key in _ROUNDED if key in present}
        groups.setdefault(group, []).append(instants)
    return groups


def _have_same_entries(ours: _Entries, theirs: _Entries) -> bool:
    return ours.keys() == theirs.keys() and all(
        _have_same_instants(ours[group], theirs[group]) and _have_same_instants(theirs[group], ours[group])
        for group in ours
    )


def _have_same_instants(some: Sequence[_Instants], others: Sequence[_Instants]) -> bool:
    """Check whether each has an equal one among the others."""
    return all(any(_are_same_instants(one, other) for other in others) for one in some)


def _are_same_instants(one: _Instants, other: _Instants) -> bool:
    return one.keys() == other.keys() and all(
        equivalence.is_same_instant(one[key], other[key]) for key in one
    )


def lower_keys(record: Record) -> dict[str, Any]:
    """Return the record with names in lower case, because attribute names ignore case (RFC 7643 §2.1)."""
    return {str(key).casefold(): value for key, value in record.items()}
