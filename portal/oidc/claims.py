"""What a service learns of a person: what it asked for, for which organization, and its own rights only."""

import datetime as dt
from typing import Any

from django.conf import settings

from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from identity import signing_keys
from identity.grants.validity import GrantContext

ID_TOKEN_LIFETIME = dt.timedelta(minutes=5)


def rights(grant: GrantContext) -> list[dict[str, Any]]:
    """What the person may do in the asking application now; where that is nothing, no token holds. One statement."""
    found = entitlements.rights_of(
        memberships=[grant.membership], at=grant.at, application=grant.application_key
    )
    return [_right(right) for right in found[grant.membership]]


def of(grant: GrantContext, held: list[dict[str, Any]]) -> dict[str, Any]:
    """The claims about the person, by the scopes granted, with the rights held."""
    scopes = set(grant.scopes.split())
    found: dict[str, Any] = {"sub": str(grant.user)}
    if "profile" in scopes:
        found |= {"name": grant.name} | ({"locale": grant.language} if grant.language else {})
    if "email" in scopes:
        found |= {"email": grant.email, "email_verified": grant.email_verified}
    return found | {"organization": organization(grant), "entitlements": held}


def organization(grant: GrantContext) -> dict[str, str]:
    """For which customer the person came."""
    return {
        "id": str(grant.organization),
        "key": grant.organization_key,
        "name": grant.organization_name,
        "customer_number": grant.customer_number,
    }


def id_token(grant: GrantContext, held: list[dict[str, Any]]) -> str:
    """Signed, for the client alone (OIDC Core §2). `auth_time` and `amr` are of the sign-in the grant came from."""
    return signing_keys.sign(
        claims={
            "iss": settings.ISSUER,
            "aud": grant.client,
            "iat": int(grant.at.timestamp()),
            "exp": int((grant.at + ID_TOKEN_LIFETIME).timestamp()),
            "auth_time": int(grant.auth_time.timestamp()),
            "amr": grant.amr,
            "sid": str(grant.sid),
            **({"nonce": grant.nonce} if grant.nonce else {}),
            **of(grant, held),
        }
    )


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
    """None for no limit."""
    return right.limit.to_json() if right.takes_amount and right.amount is not None else None
