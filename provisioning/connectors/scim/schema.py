"""A person becomes a SCIM user (RFC 7643) with the Keyholder extension, which has flat lists."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from delegation.authorization.entitlements import Right
from delegation.authorization.values import AmountLimit
from provisioning.connectors.connector import DesiredPerson, OrganizationEntry

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
EXTENSION = "urn:ietf:params:scim:schemas:extension:keyholder:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

_PATHS = (
    "active", "userName", "externalId", "displayName", "name", "emails", "phoneNumbers", "preferredLanguage",
)  # fmt: skip
Resource = dict[str, Any]


def user(person: DesiredPerson) -> Resource:
    """Build the whole record; it is active while one of the organizations is."""
    entries = person.organizations
    record: Resource = {
        "schemas": [CORE, EXTENSION],
        "externalId": person.external_id,
        "userName": person.user_name,
        "displayName": person.name,
        "name": _name(person),
        "emails": [{"value": person.email, "type": "work", "primary": True}],
        "active": person.active,
        EXTENSION: {
            "organizations": [_organization(entry) for entry in entries],
            "grants": [grant for entry in entries for grant in _grants(entry)],
            "limits": [limit for entry in entries for limit in _limits(entry)],
        },
    }
    if person.language:
        record["preferredLanguage"] = person.language
    if person.phone is not None:
        record["phoneNumbers"] = _phones(person.phone)
    return record


def _phones(phone: str) -> list[Resource]:
    """Return the number as a URI (RFC 7643 §4.1.2, RFC 3966); an empty list removes an earlier number."""
    return [{"value": f"tel:{phone}", "type": "work", "primary": True}] if phone else []


def _name(person: DesiredPerson) -> Resource:
    parts = {"formatted": person.name, "givenName": person.given_name, "familyName": person.family_name}
    return {key: value for key, value in parts.items() if value}


def patch(record: Resource) -> Resource:
    """Replace exactly the attributes that Keyholder manages, each by its path (RFC 7644 §3.5.2.3)."""
    values = {path: record[path] for path in _PATHS if path in record}
    values |= {f"{EXTENSION}:{name}": entries for name, entries in record[EXTENSION].items()}
    operations = [
        {"op": "remove", "path": path} if value == [] else {"op": "replace", "path": path, "value": value}
        for path, value in values.items()
    ]
    return {"schemas": [PATCH], "Operations": operations}


DEACTIVATION: Resource = {
    "schemas": [PATCH],
    "Operations": [{"op": "replace", "path": "active", "value": False}],
}
"""Changes nothing else of the record."""


def deactivated(current: Resource) -> Resource:
    """Return the record as the target has it, but inactive."""
    return {key: value for key, value in current.items() if key.casefold() != "active"} | {"active": False}


def _organization(entry: OrganizationEntry) -> Resource:
    return {
        "id": entry.organization,
        "key": entry.key,
        "name": entry.name,
        "customerNumber": entry.customer_number,
        "active": entry.active,
    }


def _grants(entry: OrganizationEntry) -> Iterator[Resource]:
    for right in entry.rights:
        base = {
            "organization": entry.organization,
            "application": right.application,
            "role": right.role,
            "entitlement": right.entitlement,
            "from": _format_instant(right.valid_from),
        }
        if right.valid_until:
            base["until"] = _format_instant(right.valid_until)
        if right.all_sites:
            yield base
        else:
            yield from ({**base, "site": str(site.id), "siteName": site.name} for site in right.sites)


def _limits(entry: OrganizationEntry) -> Iterator[Resource]:
    """Yield the highest amount of the rights that cover each site (None: all sites), unless one is unlimited."""
    limited = [right for right in entry.rights if right.takes_amount]
    sites: dict[tuple[str, str | None], None] = {}
    for right in limited:
        for site_id in [None] if right.all_sites else [str(site.id) for site in right.sites]:
            sites[right.entitlement, site_id] = None
    for entitlement, site_id in sites:
        covering = [right for right in limited if _covers(right, entitlement, site_id)]
        yield from _limit(entry, entitlement, site_id, covering)


def _limit(
    entry: OrganizationEntry, entitlement: str, site_id: str | None, covering: list[Right]
) -> Iterator[Resource]:
    if any(right.amount is None for right in covering):
        return
    highest: dict[tuple[str, str], Decimal] = {}
    for right in covering:
        unit = (right.currency, right.period)
        highest[unit] = max(highest.get(unit, Decimal(0)), right.amount or Decimal(0))
    for (currency, period), amount in highest.items():
        site = {"site": site_id} if site_id else {}
        limit = AmountLimit(amount, currency, period).to_json()
        yield {"organization": entry.organization, "entitlement": entitlement, **site, **limit}


def _covers(right: Right, entitlement: str, site_id: str | None) -> bool:
    return right.entitlement == entitlement and (
        right.all_sites or (site_id is not None and any(str(site.id) == site_id for site in right.sites))
    )


def _format_instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
