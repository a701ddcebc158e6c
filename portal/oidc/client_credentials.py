"""A program gets an access token without a person (RFC 6749 §4.4): for the REST API, or for a resource."""

from django.http import HttpRequest, HttpResponse

from identity.clients.queries import RegisteredClient
from identity.service_users import service_tokens
from portal.oidc import access_tokens, client_authentication, json_responses
from portal.oidc.json_responses import OAuthError
from portal.oidc.parameters import Parameters
from portal.signin.customers import rate_limits

GRANT_TYPE = "client_credentials"


def token(request: HttpRequest, sent: Parameters) -> HttpResponse | None:
    """Answer with a token of the requested scopes, or of all. None for a client that is no service user.

    Raises OAuthError.
    """
    client = client_authentication.service_user(request, sent)
    if client is None:
        return None
    given = client.service_user.scopes
    requested = frozenset(sent.get("scope").split()) or given
    if not requested <= given:
        raise OAuthError("invalid_scope")
    wait = rate_limits.take((rate_limits.API_TOKENS, str(client.service_user.id))).wait
    if wait:
        headers = {"Retry-After": str(wait)}
        raise OAuthError(
            "temporarily_unavailable", "Use a token until it expires.", status=429, headers=headers
        )
    if "resource" in sent:
        raise OAuthError("invalid_target", "A service user gets tokens for the REST API only.")
    body = {
        "access_token": service_tokens.issue(service_user=client.service_user.id, scopes=requested),
        "token_type": "Bearer",
        "expires_in": int(service_tokens.LIFETIME.total_seconds()),
        "scope": " ".join(sorted(requested)),
    }
    return json_responses.ok(body)


def token_of_client(client: RegisteredClient, sent: Parameters) -> HttpResponse:
    """Answer an authenticated client with a signed token for one of its resources. Raises OAuthError."""
    if not client.confidential:
        raise OAuthError("unauthorized_client")
    if sent.get("scope"):
        raise OAuthError("invalid_scope", "Such a token has no scope: it is for a resource.")
    requested = sent.get("resource")
    allowed = [one for one in access_tokens.resources_for(client, requested) if one]
    if len(allowed) != 1:
        raise OAuthError("invalid_target", "resource is missing: the client has several.")
    body = {
        "access_token": access_tokens.of_client(client, allowed[0]),
        "token_type": "Bearer",
        "expires_in": int(access_tokens.LIFETIME.total_seconds()),
    }
    return json_responses.ok(body)
