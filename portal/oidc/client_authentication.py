"""Clients authenticate by `client_secret_basic` or `client_secret_post`, or are public (RFC 6749 §2.3)."""

from django.core.cache import cache
from django.http import HttpRequest

from identity.clients import queries as clients_queries
from identity.clients.queries import RegisteredClient
from identity.service_users import service_tokens
from identity.service_users.service_tokens import ServiceClient
from portal.http import request_data
from portal.oidc import parameters
from portal.oidc.json_responses import OAuthError
from portal.oidc.parameters import Parameters

FAILURES, WINDOW = 60, 300
"""Wrong secrets of one client within so many seconds, after which further wrong ones are answered with 429.

The right secret always passes: guessing at a client's name cannot lock the service out.
"""

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="keyholder", charset="UTF-8"'}
_FORM = "application/x-www-form-urlencoded"


def form_parameters(request: HttpRequest) -> Parameters:
    """Return the body's parameters. Raises OAuthError for another content type, a query, or a faulty body."""
    if request.content_type != _FORM:
        raise OAuthError("invalid_request", f"The body must be {_FORM}.")
    if request.META.get("QUERY_STRING"):
        raise OAuthError("invalid_request", "Parameters belong into the body.")
    sent = parameters.parse(request.body)
    for name, fault in sent.faults.items():
        raise OAuthError("invalid_request", f"{_printable(name)}: {fault}" if name else fault)
    return sent


def authenticate(request: HttpRequest, sent: Parameters, *, public: bool = False) -> RegisteredClient:
    """Return the authenticated client; with `public`, also one without a secret. Raises OAuthError."""
    client_id, secret = credentials(request, sent)
    return verify(clients_queries.find(client=client_id), secret, public=public)


def credentials(request: HttpRequest, sent: Parameters) -> tuple[str, str]:
    """Return the client id and the secret that the request presents. Raises OAuthError."""
    header = request.headers.get("Authorization", "")
    if header and "client_secret" in sent:
        raise OAuthError("invalid_request", "Use one client authentication method only.")
    presented = request_data.basic_credentials(header) if header else None
    if header and presented is None:
        raise _invalid_client()
    client_id, secret = presented or (sent.get("client_id"), sent.get("client_secret"))
    if header and sent.get("client_id") not in {"", client_id}:
        raise OAuthError("invalid_request", "client_id is not the one in the Authorization header.")
    if not client_id or "\0" in client_id:
        raise _invalid_client()
    return client_id, secret


def verify(client: RegisteredClient | None, secret: str, *, public: bool = False) -> RegisteredClient:
    """Return the client, where the secret belongs to it. Raises OAuthError."""
    if client is None:
        raise _invalid_client()
    if public and not client.confidential and not secret:
        return client
    if not client.confidential or not client.verify_secret(secret):
        raise _invalid_client(client.id)
    return client


def service_user(request: HttpRequest, sent: Parameters) -> ServiceClient | None:
    """Return the authenticated service user; None where the client id is no id of one. Raises OAuthError."""
    client_id, secret = credentials(request, sent)
    client = service_tokens.find(client=client_id)
    if client is not None and not client.verify_secret(secret):
        raise _invalid_client(client_id)
    return client


def _invalid_client(client: str = "") -> OAuthError:
    if client and _count_failure(client) > FAILURES:
        headers = {**_CHALLENGE, "Retry-After": str(WINDOW)}
        return OAuthError("invalid_client", "Too many wrong secrets.", status=429, headers=headers)
    return OAuthError("invalid_client", status=401, headers=_CHALLENGE)


def _count_failure(client: str) -> int:
    key = f"oidc-wrong-secret:{client}"
    cache.add(key, 0, WINDOW)
    try:
        return int(cache.incr(key))
    except ValueError:  # the key expired between the two calls
        return 0


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isprintable() and c not in '"\\')[:60]
