"""A service receives the claims of the requested scopes, one organization, and rights in this service only."""

import datetime as dt
import json
from typing import Any

from django.conf import settings

from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from identity import signing_keys
from identity.grants.validity import GrantContext

ID_TOKEN_LIFETIME = dt.timedelta(minutes=5)
RIGHTS_SCOPE = "entitlements"
"""The scope with which an ID token has the rights too; userinfo and introspection always have them."""
RIGHTS = ("entitlements", "permissions")
_LARGEST = 2500
"""Bytes of an ID token's claims: encoded and signed, they stay below 4 kB, which cookies and addresses carry."""


def rights_of(grant: GrantContext) -> list[dict[str, Any]]:
    """Return the person's rights in the requesting application now; without any, no token is valid. One statement."""
    rights = entitlements.rights_of(
        memberships=[grant.membership], at=grant.at, application=grant.application_key
    )
    return [_right(right) for right in rights[grant.membership]]


def user_claims(grant: GrantContext) -> dict[str, Any]:
    """Return the claims about the person that the granted scopes allow."""
    scopes = set(grant.scopes.split())
    claims: dict[str, Any] = {"sub": grant.subject}
    if "profile" in scopes:
        claims |= {"name": grant.name} | ({"locale": grant.language} if grant.language else {})
    if "email" in scopes:
        claims |= {"email": grant.email, "email_verified": grant.email_verified}
    return claims | {"organization": organization(grant)}


def rights_claims(rights: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the rights as objects, and as strings for services that read no lists of objects."""
    return {"entitlements": rights, "permissions": sorted({right["entitlement"] for right in rights})}


def organization(grant: GrantContext) -> dict[str, str]:
    """Return the customer that the person acts for."""
    return {
        "id": str(grant.organization),
        "key": grant.organization_key,
        "name": grant.organization_name,
        "customer_number": grant.customer_number,
    }


def id_token(grant: GrantContext, rights: list[dict[str, Any]], *, nonce: str = "") -> str:
    """Sign an ID token for this client (OIDC Core §2). `auth_time` and `amr` belong to the grant's sign-in.

    Rights stand in it on request only. Where they would make it too large, it has their strings and not their objects.
    """
    claims = {
        "iss": settings.ISSUER,
        "aud": grant.client,
        "iat": int(grant.at.timestamp()),
        "exp": int((grant.at + ID_TOKEN_LIFETIME).timestamp()),
        "auth_time": int(grant.auth_time.timestamp()),
        "amr": grant.amr,
        "sid": str(grant.sid),
        **({"nonce": nonce} if nonce else {}),
        **user_claims(grant),
        **_requested_rights(grant, rights),
    }
    if len(json.dumps(claims)) > _LARGEST:
        claims.pop("entitlements", None)
    return signing_keys.sign(claims=claims)


def _requested_rights(grant: GrantContext, rights: list[dict[str, Any]]) -> dict[str, Any]:
    requested = RIGHTS if RIGHTS_SCOPE in grant.scopes.split() else grant.id_token_claims.split()
    return {name: value for name, value in rights_claims(rights).items() if name in requested}


def _right(right: Right) -> dict[str, Any]:
    return {
        "entitlement": right.entitlement,
        "role": right.role,
        "all_sites": right.all_sites,
        "sites": [{"id": str(site.id), "name": site.name} for site in right.sites],
        "limit": _limit(right),
        "until": right.valid_until.isoformat() if right.valid_until else None,
    }


def _limit(right: Right) -> dict[str, str | None] | None:
    """Return None without a limit."""
    return right.limit.to_json() if right.takes_amount and right.amount is not None else None
