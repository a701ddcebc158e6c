"""The token endpoint: a code or a refresh token in, a pair and an ID token out (OIDC Core §3.1.3, §12)."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from delegation.verbs import Noted
from identity.grants import codes, tokens
from identity.grants.clients import Registered
from identity.grants.force import Grant
from identity.grants.tokens import Pair
from portal.oidc import answers, claims, client_proof
from portal.oidc.answers import Refusal
from portal.oidc.parameters import Parameters

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def token(request: HttpRequest) -> HttpResponse:
    """Client, grant, rights: three statements."""
    given = client_proof.form(request)
    kind = given.get("grant_type")
    client = client_proof.client(request, given, public=True)
    if not kind:
        raise Refusal("invalid_request", "grant_type is missing.")
    if kind not in _GRANTS:
        raise Refusal("unsupported_grant_type")
    if kind not in client.grant_types:
        raise Refusal("unauthorized_client")
    grant, pair = _GRANTS[kind](client, given)
    held = claims.rights(grant)
    if not held:
        # Ended at once: given rights again, the service must not come back with a token that counts as used twice.
        tokens.revoke(token=pair.refresh or pair.access, client=client.id)
        raise Refusal("invalid_grant")
    return _answer(grant, pair, held)


def _answer(grant: Grant, pair: Pair, held: list[dict[str, Any]]) -> HttpResponse:
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
    return answers.ok(body)


def _code(client: Registered, given: Parameters) -> tuple[Grant, Pair]:
    code, address, verifier = (_needed(given, name) for name in ("code", "redirect_uri", "code_verifier"))
    if not _VERIFIER.fullmatch(verifier):
        raise Refusal("invalid_grant", "code_verifier is malformed.")
    redeemed = codes.redeem(
        code=code, client=client.id, redirect_uri=address, challenge=challenge_of(verifier)
    )
    if redeemed is None:
        codes.replayed(code=code, client=client.id, noted=Noted.TOKEN_REPLAYED)
        raise Refusal("invalid_grant")
    return redeemed


def _refresh(client: Registered, given: Parameters) -> tuple[Grant, Pair]:
    presented = _needed(given, "refresh_token")
    scopes = given.get("scope").split()
    refreshed = tokens.refresh(token=presented, client=client.id, scopes=scopes)
    if refreshed is None:
        tokens.replayed(token=presented, client=client.id, noted=Noted.TOKEN_REPLAYED)
        held = tokens.check_refresh(token=presented) if scopes else None
        mine = held is not None and held.grant.client == client.id
        raise Refusal("invalid_scope" if mine else "invalid_grant")
    return refreshed


_GRANTS: Mapping[str, Callable[[Registered, Parameters], tuple[Grant, Pair]]] = {
    "authorization_code": _code,
    "refresh_token": _refresh,
}


def challenge_of(verifier: str) -> str:
    """S256 (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _needed(given: Parameters, name: str) -> str:
    if name not in given:
        raise Refusal("invalid_request", f"{name} is missing.")
    return given.get(name)
