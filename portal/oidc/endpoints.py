"""The endpoints that programs call: token, userinfo, introspection, revocation, discovery, keys."""

import hashlib
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse

from identity import signing_keys
from identity.grants import introspection, tokens
from identity.grants.tokens import CheckedToken
from portal.oidc import claims, client_authentication, json_responses, metadata, parameters
from portal.oidc.json_responses import OAuthError

_DISCOVERY_SECONDS = 3600
_JWKS_SECONDS = 900


def userinfo(request: HttpRequest) -> HttpResponse:
    """The same claims as in the ID token, as they are now (OIDC Core §5.3). Two statements."""
    held = tokens.check(token=_bearer(request))
    if held is None:
        raise json_responses.bearer("invalid_token")
    if "openid" not in held.grant.scopes.split():
        raise json_responses.bearer("insufficient_scope", status=403)
    rights = claims.rights(held.grant)
    if not rights:
        raise json_responses.bearer("invalid_token")
    return json_responses.ok(claims.of(held.grant, rights))


def introspect(request: HttpRequest) -> HttpResponse:
    """Whether a token of the asking application holds, and what its person may do there (RFC 7662). Two statements."""
    given = client_authentication.form(request)
    name, secret = client_authentication.claimed(request, given)
    token = given.get("token")
    found, held = introspection.introspect(client=name, token=token)
    client = client_authentication.proved(found, secret)
    if not token:
        raise OAuthError("invalid_request", "token is missing.")
    if held is None or held.grant.application != client.application:
        return json_responses.ok({"active": False})
    rights = claims.rights(held.grant)
    if not rights:
        return json_responses.ok({"active": False})
    refresh = token.startswith(tokens.REFRESH_PREFIX)
    return json_responses.ok({**_introspected(held, refresh=refresh), "entitlements": rights})


def _introspected(held: CheckedToken, *, refresh: bool) -> dict[str, Any]:
    grant = held.grant
    return {
        "active": True,
        "iss": metadata.issuer(),
        "sub": str(grant.user),
        "client_id": grant.client,
        "scope": grant.scopes,
        "token_type": "refresh_token" if refresh else "Bearer",
        "iat": int(held.issued_at.timestamp()),
        "exp": int(held.expires_at.timestamp()),
        "sid": str(grant.sid),
        "organization": claims.organization(grant),
    }


def revoke(request: HttpRequest) -> HttpResponse:
    """End a token of the asking client; 200 also for what is none of its own (RFC 7009 §2.2)."""
    given = client_authentication.form(request)
    client = client_authentication.client(request, given, public=True)
    token = given.get("token")
    if not token:
        raise OAuthError("invalid_request", "token is missing.")
    tokens.revoke(token=token, client=client.id)
    return json_responses.ok({})


def discovery(request: HttpRequest) -> HttpResponse:
    """The metadata document."""
    body = metadata.discovery()
    return json_responses.public(request, body, etag=_etag(body), seconds=_DISCOVERY_SECONDS)


def jwks(request: HttpRequest) -> HttpResponse:
    """The keys to verify with. Cached for less than `signing_keys.PUBLISH_LEAD`."""
    body = signing_keys.jwks()
    return json_responses.public(request, body, etag=_etag(body), seconds=_JWKS_SECONDS)


@lru_cache(maxsize=8)
def _etag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def _bearer(request: HttpRequest) -> str:
    """The token, from the header or the form body, never the query, and one way only (RFC 6750 §2)."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    ways = [token.strip()] if scheme.lower() == "bearer" else []
    if request.method == "POST" and request.content_type == "application/x-www-form-urlencoded":
        given = parameters.read(request.body)
        ways += [given.get("access_token")] if "access_token" in given else []
        ways += ["", ""] if given.faults else []
    if len(ways) > 1:
        raise json_responses.bearer("invalid_request", status=400)
    if not ways:
        raise json_responses.bearer("")
    return ways[0]
