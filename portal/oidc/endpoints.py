"""Programs call these endpoints besides the token endpoint: userinfo, introspection, revocation, discovery, keys."""

import hashlib
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse

from identity import signing_keys
from identity.grants import introspection, tokens
from identity.grants.tokens import CheckedToken
from identity.service_users import service_tokens
from portal.oidc import access_tokens, claims, client_authentication, json_responses, metadata, parameters
from portal.oidc.json_responses import OAuthError

_DISCOVERY_SECONDS = 3600
_JWKS_SECONDS = 900


def userinfo(request: HttpRequest) -> HttpResponse:
    """Answer with the person's claims and rights, at their present values (OIDC Core §5.3). Two statements."""
    token = _bearer(request)
    checked = access_tokens.in_time(token, tokens.check(token=access_tokens.presented(token)))
    if checked is None:
        raise json_responses.bearer_error("invalid_token")
    if "openid" not in checked.grant.scopes.split():
        raise json_responses.bearer_error("insufficient_scope", status=403)
    rights = claims.rights_of(checked.grant)
    if not rights:
        raise json_responses.bearer_error("invalid_token")
    return json_responses.ok({**claims.user_claims(checked.grant), **claims.rights_claims(rights)})


def introspect(request: HttpRequest) -> HttpResponse:
    """Answer whether a token of this application is valid, with its person's rights (RFC 7662). Two statements."""
    sent = client_authentication.form_parameters(request)
    presented = client_authentication.credentials(request, sent)
    token = sent.get("token")
    registered, checked = introspection.introspect(
        client=presented.client_id, token=access_tokens.presented(token)
    )
    checked = access_tokens.in_time(token, checked)
    client = client_authentication.verify(registered, presented)
    if "token" not in sent:
        raise OAuthError("invalid_request", "token is missing.")
    if checked is None or checked.grant.application != client.application:
        return json_responses.ok({"active": False})
    rights = claims.rights_of(checked.grant)
    if not rights:
        return json_responses.ok({"active": False})
    refresh = token.startswith(tokens.REFRESH_PREFIX)
    return json_responses.ok({**_token_facts(checked, refresh=refresh), **claims.rights_claims(rights)})


def _token_facts(checked: CheckedToken, *, refresh: bool) -> dict[str, Any]:
    grant = checked.grant
    return {
        "active": True,
        "iss": metadata.issuer(),
        "sub": grant.subject,
        "client_id": grant.client,
        "scope": grant.scopes,
        "token_type": "refresh_token" if refresh else "Bearer",
        "iat": int(checked.issued_at.timestamp()),
        "exp": int(checked.expires_at.timestamp()),
        "sid": str(grant.sid),
        "organization": claims.organization(grant),
    }


def revoke(request: HttpRequest) -> HttpResponse:
    """Revoke a token of the requesting client; 200 also for any other token (RFC 7009 §2.2)."""
    sent = client_authentication.form_parameters(request)
    token = sent.get("token")
    if token.startswith(service_tokens.TOKEN_PREFIX):
        client = client_authentication.service_user(request, sent)
        if client is not None:
            service_tokens.revoke(token=token, client=client.service_user.id)
            return json_responses.ok({})
    registered = client_authentication.authenticate(request, sent, public=True)
    if not token:
        raise OAuthError("invalid_request", "token is missing.")
    tokens.revoke(token=access_tokens.presented(token), client=registered.id)
    return json_responses.ok({})


def discovery(request: HttpRequest) -> HttpResponse:
    """Answer with the metadata document."""
    body = metadata.discovery()
    return json_responses.public(request, body, etag=_etag(body), seconds=_DISCOVERY_SECONDS)


def jwks(request: HttpRequest) -> HttpResponse:
    """Answer with the public signing keys, cached for less than `signing_keys.PUBLISH_LEAD`."""
    body = signing_keys.jwks()
    return json_responses.public(request, body, etag=_etag(body), seconds=_JWKS_SECONDS)


@lru_cache(maxsize=8)
def _etag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def _bearer(request: HttpRequest) -> str:
    """Return the token from the header or the form body, never from the query or from both (RFC 6750 §2)."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    tokens_sent = [token.strip()] if scheme.lower() == "bearer" else []
    if request.method == "POST" and request.content_type == "application/x-www-form-urlencoded":
        sent = parameters.parse(request.body)
        tokens_sent += [sent.get("access_token")] if "access_token" in sent else []
        tokens_sent += ["", ""] if sent.faults else []
    if len(tokens_sent) > 1:
        raise json_responses.bearer_error("invalid_request", status=400)
    if not tokens_sent:
        raise json_responses.bearer_error("")
    return tokens_sent[0]
