"""People as the portal tells the services about them: by SCIM, and in an ID token."""

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

Said = dict[str, Any]


def grant(
    entitlement: str, *, at: Said | None = None, role: str = "orderer", of: Said = KOSKELA, **interval: str
) -> Said:
    application = entitlement.partition(":")[0]
    what = {"organization": of["id"], "application": application, "role": role, "entitlement": entitlement}
    return {**what, **(at or {}), **interval}


def limit(
    amount: str,
    *,
    entitlement: str = "ordering:orders.place",
    at: Said | None = None,
    of: Said = KOSKELA,
    currency: str = "EUR",
    period: str = "order",
) -> Said:
    what = {"organization": of["id"], "entitlement": entitlement, "amount": amount}
    where = {"site": at["site"]} if at else {}
    return {**what, **where, "currency": currency, "period": period}


def orderer(*, of: Said = KOSKELA) -> tuple[list[Said], list[Said]]:
    """Give the grants and limits of a person who orders up to 5,000 € for Tampere."""
    return [grant("ordering:orders.place", at=TAMPERE, of=of)], [limit("5000.00", at=TAMPERE, of=of)]


def user(
    sub: str,
    *,
    name: str = "Aino Korhonen",
    active: bool = True,
    organizations: list[Said] | None = None,
    grants: list[Said] | None = None,
    limits: list[Said] | None = None,
) -> Said:
    named = [KOSKELA] if organizations is None else organizations
    said: Said = {"organizations": [{"active": True, **one} for one in named]}
    said |= {"grants": grants} if grants else {}
    said |= {"limits": limits} if limits else {}
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
        EXTENSION: said,
    }


def claims(sub: str, *, sid: str | None = None, of: Said = KOSKELA) -> Said:
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
        "locale": "fi",
        "organization": organization,
        "entitlements": [],
    }


def new_sub() -> str:
    return f"person-{secrets.token_hex(6)}"


def set_to(path: str, value: Any) -> Said:
    return {"schemas": [PATCH], "Operations": [{"op": "replace", "path": path, "value": value}]}
