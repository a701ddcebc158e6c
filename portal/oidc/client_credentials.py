"""A service user gets an access token for the REST API by its id and secret (RFC 6749 §4.4)."""

from django.http import HttpRequest, HttpResponse

from identity.service_users import service_tokens
from portal.oidc import client_authentication, json_responses
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
    body = {
        "access_token": service_tokens.issue(service_user=client.service_user.id, scopes=requested),
        "token_type": "Bearer",
        "expires_in": int(service_tokens.LIFETIME.total_seconds()),
        "scope": " ".join(sorted(requested)),
    }
    return json_responses.ok(body)
