"""The token endpoint exchanges a code or a refresh token for tokens (OIDC Core §3.1.3, §12)."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from delegation.authorization.event_types import Observation
from identity.clients.queries import RegisteredClient
from identity.grants import codes, retries, tokens
from identity.grants.tokens import TokenPair
from identity.grants.validity import GrantContext
from portal.oidc import (
    access_tokens,
    claims,
    client_authentication,
    client_credentials,
    device_grants,
    json_responses,
)
from portal.oidc.json_responses import OAuthError
from portal.oidc.parameters import Parameters

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def token(request: HttpRequest) -> HttpResponse:
    """Authenticate the client and answer with tokens. Three statements: client, grant, rights."""
    sent = client_authentication.form_parameters(request)
    grant_type = sent.get("grant_type")
    if grant_type == client_credentials.GRANT_TYPE:
        answer = client_credentials.token(request, sent)
        if answer is not None:
            return answer
    client = client_authentication.authenticate(request, sent, public=True)
    if not grant_type:
        raise OAuthError("invalid_request", "grant_type is missing.")
    if grant_type not in {*_EXCHANGES, client_credentials.GRANT_TYPE}:
        raise OAuthError("unsupported_grant_type")
    if grant_type not in client.grant_types:
        raise OAuthError("unauthorized_client")
    if grant_type == client_credentials.GRANT_TYPE:
        return client_credentials.token_of_client(client, sent)
    resources = access_tokens.resources_for(client, sent.get("resource"))
    grant, pair = _EXCHANGES[grant_type](client, sent, resources)
    rights = claims.rights_of(grant)
    if not rights:
        # Revoked at once: a service that gets rights again must not return with a token that counts as used twice.
        # One that refreshes has a session of its own, and gets a logout token.
        notify = grant_type == "refresh_token"
        tokens.revoke(token=pair.refresh or pair.access, client=client.id, notify=notify)
        raise OAuthError("invalid_grant")
    # An ID token of a refresh has no nonce: it answers no authentication request (OIDC Core §12.2).
    nonce = grant.nonce if grant_type == "authorization_code" else ""
    return _token_response(client, grant, pair, rights, nonce)


def _token_response(
    client: RegisteredClient, grant: GrantContext, pair: TokenPair, rights: list[dict[str, Any]], nonce: str
) -> HttpResponse:
    signed = bool(grant.resource)
    seconds = int(tokens.ACCESS_LIFETIME.total_seconds())
    if signed:
        seconds = int(access_tokens.expires_at(pair, rights).timestamp()) - int(grant.at.timestamp())
    body: dict[str, object] = {
        "access_token": access_tokens.of_grant(client, grant, pair, rights) if signed else pair.access,
        "token_type": "Bearer",
        "expires_in": seconds,
        "scope": grant.scopes,
    }
    if pair.refresh:
        body["refresh_token"] = pair.refresh
    if "openid" in grant.scopes.split():
        body["id_token"] = claims.id_token(grant, rights, nonce=nonce)
    return json_responses.ok(body)


def _exchange_code(
    client: RegisteredClient, sent: Parameters, resources: Sequence[str]
) -> tuple[GrantContext, TokenPair]:
    code, address = (_require(sent, name) for name in ("code", "redirect_uri"))
    redeemed = codes.redeem(
        code=code,
        client=client.id,
        redirect_uri=address,
        code_challenge=_challenge(client, sent),
        resources=resources,
    )
    if redeemed is None:
        codes.revoke_if_replayed(code=code, client=client.id, verb=Observation.TOKEN_REPLAYED)
        if codes.has_another_resource(code=code, client=client.id, resources=resources):
            raise access_tokens.wrong_resource()
        raise OAuthError("invalid_grant")
    return redeemed


def _challenge(client: RegisteredClient, sent: Parameters) -> str:
    """Return the challenge that the code must have: none for a request without a verifier, and the other way round.

    A verifier for a code without a challenge is refused too: the challenge may have been taken out on the way (RFC 9700
    §2.1.1). Raises OAuthError.
    """
    if not client.requires_pkce and "code_verifier" not in sent:
        return ""
    verifier = _require(sent, "code_verifier")
    if not _VERIFIER.fullmatch(verifier):
        raise OAuthError("invalid_grant", "code_verifier is malformed.")
    return challenge_of(verifier)


def _exchange_refresh_token(
    client: RegisteredClient, sent: Parameters, resources: Sequence[str]
) -> tuple[GrantContext, TokenPair]:
    presented = _require(sent, "refresh_token")
    scopes = sent.get("scope").split()
    refreshed = tokens.refresh(token=presented, client=client.id, scopes=scopes, resources=resources)
    if refreshed is None and client.confidential:
        refreshed = retries.answer(token=presented, client=client.id, scopes=scopes, resources=resources)
    if refreshed is None:
        tokens.revoke_if_replayed(token=presented, client=client.id, verb=Observation.TOKEN_REPLAYED)
        raise _refusal(client, presented, resources)
    return refreshed


def _refusal(client: RegisteredClient, presented: str, resources: Sequence[str]) -> OAuthError:
    """Say what is wrong with the request for a valid refresh token, which is still unused."""
    checked = tokens.check_refresh(token=presented)
    if checked is None or checked.grant.client != client.id:
        return OAuthError("invalid_grant")
    return (
        access_tokens.wrong_resource()
        if checked.grant.resource not in resources
        else OAuthError("invalid_scope")
    )


_Exchange = Callable[[RegisteredClient, Parameters, Sequence[str]], tuple[GrantContext, TokenPair]]
_EXCHANGES: Mapping[str, _Exchange] = {
    "authorization_code": _exchange_code,
    "refresh_token": _exchange_refresh_token,
    device_grants.GRANT_TYPE: device_grants.exchange,
}


def challenge_of(verifier: str) -> str:
    """Return the code challenge of a verifier, by S256 (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _require(sent: Parameters, name: str) -> str:
    if name not in sent:
        raise OAuthError("invalid_request", f"{name} is missing.")
    return sent.get(name)
