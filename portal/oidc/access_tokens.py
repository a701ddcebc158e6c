"""Access tokens for a resource are signed, so that the resource reads them offline (RFC 9068, RFC 8707).

They end with their `exp` alone there, five minutes at most. At our own endpoints such a token counts as the opaque one
that its `jti` is, which ends at once.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from audit.foundation import clock
from identity import signing_keys
from identity.clients.queries import RegisteredClient
from identity.grants.tokens import TokenPair
from identity.grants.validity import GrantContext
from portal.oidc import claims, metadata
from portal.oidc.json_responses import OAuthError

TYPE = "at+jwt"
LIFETIME = dt.timedelta(minutes=5)


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
        {
            "sub": grant.subject,
            "aud": audience,
            "jti": pair.access,
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
    return _sign(client, clock.wall(), subject)


def _sign(client: RegisteredClient, at: dt.datetime, more: Mapping[str, Any]) -> str:
    seconds = int(at.timestamp())
    common = {
        "iss": settings.ISSUER,
        "client_id": client.id,
        "iat": seconds,
        "exp": seconds + int(LIFETIME.total_seconds()),
    }
    return signing_keys.sign(claims={**common, **more}, typ=TYPE, algorithm=client.token_algorithm)


def opaque(token: str) -> str:
    """Return the opaque token behind one that we signed; any other text unchanged. No statement."""
    if token.count(".") != 2:
        return token
    read = signing_keys.verify(token=token, typ=TYPE)
    in_time = read is not None and float(read.get("exp", 0)) > clock.wall().timestamp()
    return str(read["jti"]) if read is not None and in_time else ""


def resource_of(client: RegisteredClient, requested: str, granted: str = "") -> str:
    """Return the resource that a token request is for (RFC 8707 §2.2). Raises OAuthError for another one."""
    if requested and (requested not in client.resources or (granted and requested != granted)):
        raise OAuthError("invalid_target", "The client is not registered for this resource.")
    return requested or granted
