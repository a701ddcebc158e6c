"""People as the portal sends them to the services: by SCIM, and in an ID token."""

import secrets
from typing import Any

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
EXTENSION = "urn:ietf:params:scim:schemas:extension:keyholder:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

KOSKELA = {
    "id": "org-koskela",
    "key": "koskela",
    "name": "Rakennusliike Koskela Oy",
    "customerNumber": "10077",
}
POHJOLA = {"id": "org-pohjola", "key": "pohjola", "name": "Pohjolan Sähkö Oy", "customerNumber": "10078"}
TAMPERE = {"site": "site-tampere", "siteName": "Tampere"}
OULU = {"site": "site-oulu", "siteName": "Oulu"}

ScimRecord = dict[str, Any]


def grant(
    entitlement: str,
    *,
    at: ScimRecord | None = None,
    role: str = "orderer",
    of: ScimRecord = KOSKELA,
    **interval: str,
) -> ScimRecord:
    application = entitlement.partition(":")[0]
    what = {"organization": of["id"], "application": application, "role": role, "entitlement": entitlement}
    return {**what, **(at or {}), **interval}


def limit(
    amount: str,
    *,
    entitlement: str = "ordering:orders.place",
    at: ScimRecord | None = None,
    of: ScimRecord = KOSKELA,
    currency: str = "EUR",
    period: str = "order",
) -> ScimRecord:
    what = {"organization": of["id"], "entitlement": entitlement, "amount": amount}
    where = {"site": at["site"]} if at else {}
    return {**what, **where, "currency": currency, "period": period}


def orderer(*, of: ScimRecord = KOSKELA) -> tuple[list[ScimRecord], list[ScimRecord]]:
    """Give the grants and limits of a person who orders up to 5,000 € for Tampere."""
    return [grant("ordering:orders.place", at=TAMPERE, of=of)], [limit("5000.00", at=TAMPERE, of=of)]


def user(
    sub: str,
    *,
    name: str = "Aino Korhonen",
    active: bool = True,
    organizations: list[ScimRecord] | None = None,
    grants: list[ScimRecord] | None = None,
    limits: list[ScimRecord] | None = None,
) -> ScimRecord:
    named = [KOSKELA] if organizations is None else organizations
    record: ScimRecord = {"organizations": [{"active": True, **one} for one in named]}
    record |= {"grants": grants} if grants else {}
    record |= {"limits": limits} if limits else {}
    email = f"{sub}@customer.example"
    return {
        "schemas": [CORE, EXTENSION],
        "externalId": sub,
        "userName": email,
        "displayName": name,
        "name": {"formatted": name},
        "emails": [{"value": email, "type": "work", "primary": True}],
        "active": active,
        "preferredLanguage": "fi",
        EXTENSION: record,
    }


def claims(sub: str, *, sid: str | None = None, of: ScimRecord = KOSKELA) -> ScimRecord:
    organization = {
        "id": of["id"],
        "key": of["key"],
        "name": of["name"],
        "customer_number": of["customerNumber"],
    }
    return {
        "sub": sub,
        "sid": sid or secrets.token_hex(8),
        "name": "Aino Korhonen",
        "email": f"{sub}@customer.example",
        "email_verified": True,
        "amr": ["pwd", "otp"],
        "locale": "en",
        "organization": organization,
        "entitlements": [],
    }


def new_sub() -> str:
    return f"person-{secrets.token_hex(6)}"


def set_to(path: str, value: Any) -> ScimRecord:
    return {"schemas": [PATCH], "Operations": [{"op": "replace", "path": path, "value": value}]}
