"""The token endpoint: a code or a refresh token in, a pair and an ID token out (OIDC Core §3.1.3, §12)."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from delegation.authorization.verbs import Observation
from identity.clients.queries import RegisteredClient
from identity.grants import codes, tokens
from identity.grants.tokens import TokenPair
from identity.grants.validity import GrantContext
from portal.oidc import claims, client_authentication, json_responses
from portal.oidc.json_responses import OAuthError
from portal.oidc.parameters import Parameters

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def token(request: HttpRequest) -> HttpResponse:
    """Client, grant, rights: three statements."""
    given = client_authentication.form(request)
    kind = given.get("grant_type")
    client = client_authentication.client(request, given, public=True)
    if not kind:
        raise OAuthError("invalid_request", "grant_type is missing.")
    if kind not in _GRANTS:
        raise OAuthError("unsupported_grant_type")
    if kind not in client.grant_types:
        raise OAuthError("unauthorized_client")
    grant, pair = _GRANTS[kind](client, given)
    held = claims.rights(grant)
    if not held:
        # Ended at once: given rights again, the service must not come back with a token that counts as used twice.
        tokens.revoke(token=pair.refresh or pair.access, client=client.id)
        raise OAuthError("invalid_grant")
    return _answer(grant, pair, held)


def _answer(grant: GrantContext, pair: TokenPair, held: list[dict[str, Any]]) -> HttpResponse:
    body: dict[str, object] = {
        "access_token": pair.access,
        "token_type": "Bearer",
        "expires_in": int(tokens.ACCESS_LIFETIME.total_seconds()),
        "scope": grant.scopes,
    }
    if pair.refresh:
        body["refresh_token"] = pair.refresh
    if "openid" in grant.scopes.split():
        body["id_token"] = claims.id_token(grant, held)
    return json_responses.ok(body)


def _code(client: RegisteredClient, given: Parameters) -> tuple[GrantContext, TokenPair]:
    code, address, verifier = (_needed(given, name) for name in ("code", "redirect_uri", "code_verifier"))
    if not _VERIFIER.fullmatch(verifier):
        raise OAuthError("invalid_grant", "code_verifier is malformed.")
    redeemed = codes.redeem(
        code=code, client=client.id, redirect_uri=address, challenge=challenge_of(verifier)
    )
    if redeemed is None:
        codes.revoke_if_replayed(code=code, client=client.id, verb=Observation.TOKEN_REPLAYED)
        raise OAuthError("invalid_grant")
    return redeemed


def _refresh(client: RegisteredClient, given: Parameters) -> tuple[GrantContext, TokenPair]:
    presented = _needed(given, "refresh_token")
    scopes = given.get("scope").split()
    refreshed = tokens.refresh(token=presented, client=client.id, scopes=scopes)
    if refreshed is None:
        tokens.revoke_if_replayed(token=presented, client=client.id, verb=Observation.TOKEN_REPLAYED)
        held = tokens.check_refresh(token=presented) if scopes else None
        mine = held is not None and held.grant.client == client.id
        raise OAuthError("invalid_scope" if mine else "invalid_grant")
    return refreshed


_GRANTS: Mapping[str, Callable[[RegisteredClient, Parameters], tuple[GrantContext, TokenPair]]] = {
    "authorization_code": _code,
    "refresh_token": _refresh,
}


def challenge_of(verifier: str) -> str:
    """S256 (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _needed(given: Parameters, name: str) -> str:
    if name not in given:
        raise OAuthError("invalid_request", f"{name} is missing.")
    return given.get(name)
