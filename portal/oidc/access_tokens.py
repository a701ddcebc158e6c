"""Access tokens for a resource are signed, so that the resource reads them offline (RFC 9068, RFC 8707).

They end with their `exp` alone there, five minutes at most. At our own endpoints such a token counts as the row that
its `jti` names, which ends at once. The `jti` alone is no token: resources log it.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from audit.foundation import clock
from identity import signing_keys
from identity.clients.queries import RegisteredClient
from identity.grants import tokens
from identity.grants.signed_tokens import UNKNOWN, SignedToken
from identity.grants.tokens import CheckedToken, TokenPair
from identity.grants.validity import GrantContext
from portal.oidc import claims, metadata
from portal.oidc.json_responses import OAuthError

TYPE = "at+jwt"
_DOTS = 2
"""A JWS in compact form has three parts; an opaque token has four."""
LIFETIME = tokens.SIGNED_LIFETIME


def expires_at(pair: TokenPair, rights: list[dict[str, Any]]) -> dt.datetime:
    """Return when a token of this pair with these rights ends: with the first of them, at the latest."""
    ends = [dt.datetime.fromisoformat(right["until"]) for right in rights if right["until"]]
    return min([*ends, *([pair.expires_at] if pair.expires_at else [])])


def of_grant(
    client: RegisteredClient, grant: GrantContext, pair: TokenPair, rights: list[dict[str, Any]]
) -> str:
    """Sign the access token of a person's grant for its resource."""
    audience = [grant.resource]
    if "openid" in grant.scopes.split():
        audience.append(metadata.issuer() + metadata.USERINFO)
    return _sign(
        client,
        grant.at,
        expires_at(pair, rights),
        {
            "sub": grant.subject,
            "aud": audience,
            "jti": pair.identifier,
            "scope": grant.scopes,
            "auth_time": int(grant.auth_time.timestamp()),
            "sid": str(grant.sid),
            "organization": claims.organization(grant),
            "permissions": claims.rights_claims(rights)["permissions"],
        },
    )


def of_client(client: RegisteredClient, resource: str) -> str:
    """Sign the access token of a client that acts for itself (RFC 6749 §4.4); no row is stored."""
    subject = {"sub": client.id, "aud": resource, "jti": str(uuid.uuid4())}
    at = clock.wall()
    return _sign(client, at, at + LIFETIME, subject)


def _sign(client: RegisteredClient, at: dt.datetime, until: dt.datetime, more: Mapping[str, Any]) -> str:
    common = {
        "iss": settings.ISSUER,
        "client_id": client.id,
        "iat": int(at.timestamp()),
        "exp": int(until.timestamp()),
    }
    return signing_keys.sign(claims={**common, **more}, typ=TYPE, algorithm=client.token_algorithm)


def presented(token: str) -> str | SignedToken:
    """Return the row of a token that we signed, expired or not; any other text unchanged. No statement."""
    if token.count(".") != _DOTS:
        return token
    claims = signing_keys.verify(token=token, typ=TYPE)
    return UNKNOWN if claims is None else tokens.identified(str(claims.get("jti", "")))


def in_time(token: str, checked: CheckedToken | None) -> CheckedToken | None:
    """Return the token with the end that it states itself, which may be earlier than its row's; None after that."""
    if checked is None or token.count(".") != _DOTS:
        return checked
    claims = signing_keys.verify(token=token, typ=TYPE) or {}
    end = dt.datetime.fromtimestamp(float(claims.get("exp", 0)), dt.UTC)
    return checked._replace(expires_at=end) if end > checked.grant.at else None


def resources_for(client: RegisteredClient, requested: str) -> list[str]:
    """Return which resource a grant may have for this token request (RFC 8707 §2.2); "" stands for none.

    One that was withdrawn from the client gets no further token. Raises OAuthError for an unregistered one.
    """
    if not requested:
        return ["", *client.resources]
    if requested not in client.resources:
        raise wrong_resource()
    return [requested]


def wrong_resource() -> OAuthError:
    """Return the refusal of a resource."""
    return OAuthError("invalid_target", "The client or the grant is not registered for this resource.")
