"""From a person and what is true of her now to a SCIM user (RFC 7643) with our extension, whose lists are flat."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from delegation.authorization.entitlements import Right
from delegation.authorization.values import AmountLimit

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
EXTENSION = "urn:ietf:params:scim:schemas:extension:keyholder:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Belonging:
    """One organization as the target shall know it for this person."""

    organization: str
    key: str
    name: str
    customer_number: str
    active: bool
    rights: tuple[Right, ...]


def user(
    *,
    external_id: str,
    user_name: str,
    email: str,
    name: str,
    language: str,
    belongings: Iterable[Belonging],
) -> Resource:
    """The whole record. Active as long as one organization is."""
    known = list(belongings)
    record: Resource = {
        "schemas": [CORE, EXTENSION],
        "externalId": external_id,
        "userName": user_name,
        "displayName": name,
        "name": {"formatted": name},
        "emails": [{"value": email, "type": "work", "primary": True}],
        "active": any(one.active for one in known),
        EXTENSION: {
            "organizations": [_organization(one) for one in known],
            "grants": [grant for one in known for grant in _grants(one)],
            "limits": [limit for one in known for limit in _limits(one)],
        },
    }
    if language:
        record["preferredLanguage"] = language
    return record


def digest(record: Resource) -> str:
    """SHA-256 over the record, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def patch(record: Resource) -> Resource:
    """Replace every attribute that we look after, each by its path (RFC 7644 §3.5.2.3), and no other."""
    operations = [
        {"op": "replace", "path": path, "value": record[path]}
        for path in ("active", "userName", "externalId", "displayName", "name", "emails", "preferredLanguage")
        if path in record
    ]
    operations += [
        {"op": "replace", "path": f"{EXTENSION}:{name}", "value": values} if values
        else {"op": "remove", "path": f"{EXTENSION}:{name}"}
        for name, values in record[EXTENSION].items()
    ]  # fmt: skip
    return {"schemas": [PATCH], "Operations": operations}


def _organization(one: Belonging) -> Resource:
    return {
        "id": one.organization,
        "key": one.key,
        "name": one.name,
        "customerNumber": one.customer_number,
        "active": one.active,
    }


def _grants(one: Belonging) -> Iterator[Resource]:
    for right in one.rights:
        base = {
            "organization": one.organization,
            "application": right.application,
            "role": right.role,
            "entitlement": right.entitlement,
            "from": _stamp(right.valid_from),
        }
        if right.valid_until:
            base["until"] = _stamp(right.valid_until)
        if right.all_sites:
            yield base
        else:
            yield from ({**base, "site": str(site.id), "siteName": site.name} for site in right.sites)


def _limits(one: Belonging) -> Iterator[Resource]:
    """For each place the highest amount of the rights that cover it; where one has no limit, no line."""
    limited = [right for right in one.rights if right.takes_amount]
    places: dict[tuple[str, str | None], None] = {}
    for right in limited:
        for place in [None] if right.all_sites else [str(site.id) for site in right.sites]:
            places[right.entitlement, place] = None
    for entitlement, place in places:
        yield from _limit(
            one, entitlement, place, [right for right in limited if _covers(right, entitlement, place)]
        )


def _limit(one: Belonging, entitlement: str, place: str | None, covering: list[Right]) -> Iterator[Resource]:
    if any(right.amount is None for right in covering):
        return
    highest: dict[tuple[str, str], Decimal] = {}
    for right in covering:
        held = (right.currency, right.period)
        highest[held] = max(highest.get(held, Decimal(0)), right.amount or Decimal(0))
    for (currency, period), amount in highest.items():
        site = {"site": place} if place else {}
        limit = AmountLimit(amount, currency, period).to_json()
        yield {"organization": one.organization, "entitlement": entitlement, **site, **limit}


def _covers(right: Right, entitlement: str, place: str | None) -> bool:
    return right.entitlement == entitlement and (
        right.all_sites or (place is not None and any(str(site.id) == place for site in right.sites))
    )


def _stamp(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
