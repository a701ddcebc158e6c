"""Clients authenticate by a secret or a signed assertion, or are public (RFC 6749 §2.3, RFC 7523)."""

from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest

from identity.clients import queries as clients_queries
from identity.clients.queries import RegisteredClient
from identity.service_users import service_tokens
from identity.service_users.service_tokens import ServiceClient
from portal.http import request_context, request_data
from portal.oidc import client_assertions, parameters
from portal.oidc.json_responses import OAuthError
from portal.oidc.parameters import Parameters
from portal.signin.customers import rate_limits

FAILURES, WINDOW = 60, 300
"""Wrong secrets of one client within so many seconds, after which further wrong ones are answered with 429.

The right secret always passes: guessing at a client's name cannot lock the service out.
"""

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="keyholder", charset="UTF-8"'}
_BY_KEYS = "The client is registered for private_key_jwt."
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Holds what a request presents: a secret, an assertion, or neither."""

    client_id: str
    secret: str = ""
    assertion: str = ""
    endpoint: str = ""
    """The path of the request, which an assertion may name."""


def form_parameters(request: HttpRequest) -> Parameters:
    """Return the body's parameters. Raises OAuthError for another content type, a query, or a faulty body."""
    if request.content_type != _FORM:
        raise OAuthError("invalid_request", f"The body must be {_FORM}.")
    if request.META.get("QUERY_STRING"):
        raise OAuthError("invalid_request", "Parameters belong into the body.")
    sent = parameters.parse(request.body)
    for name, fault in sent.faults.items():
        raise OAuthError(parameters.error_of(name), f"{_printable(name)}: {fault}" if name else fault)
    return sent


def authenticate(request: HttpRequest, sent: Parameters, *, public: bool = False) -> RegisteredClient:
    """Return the authenticated client; with `public`, also one without a secret. Raises OAuthError."""
    presented = credentials(request, sent)
    return verify(clients_queries.find(client=presented.client_id), presented, public=public)


def limit_strangers(request: HttpRequest, client: RegisteredClient) -> None:
    """Bound by network what requests of public clients store: they prove nothing. Raises OAuthError."""
    if client.confidential:
        return
    network = request_context.network(request_context.address_of(request.META))
    wait = rate_limits.take((rate_limits.OIDC_STRANGERS, network)).wait
    if wait:
        raise OAuthError("temporarily_unavailable", status=429, headers={"Retry-After": str(wait)})


def credentials(request: HttpRequest, sent: Parameters) -> Credentials:
    """Return the client id with the secret or assertion that the request presents. Raises OAuthError."""
    header = request.headers.get("Authorization", "")
    methods = (bool(header), "client_secret" in sent, "client_assertion" in sent)
    if sum(methods) > 1:
        raise OAuthError("invalid_request", "Use one client authentication method only.")
    if "client_assertion" in sent:
        return _asserted(sent, request.path_info)
    presented = request_data.basic_credentials(header) if header else None
    if header and presented is None:
        raise _invalid_client()
    client_id, secret = presented or (sent.get("client_id"), sent.get("client_secret"))
    if header and sent.get("client_id") not in {"", client_id}:
        raise OAuthError("invalid_request", "client_id is not the one in the Authorization header.")
    if not client_id or "\0" in client_id:
        raise _invalid_client()
    return Credentials(client_id, secret=secret)


def _asserted(sent: Parameters, endpoint: str) -> Credentials:
    """Read whose assertion it claims to be; `client_id` may repeat it (RFC 7521 §4.2)."""
    if sent.get("client_assertion_type") != client_assertions.TYPE:
        raise OAuthError("invalid_request", "client_assertion_type is not supported.")
    assertion = sent.get("client_assertion")
    client_id = client_assertions.subject(assertion)
    if not client_id or sent.get("client_id") not in {"", client_id}:
        raise _invalid_client()
    return Credentials(client_id, assertion=assertion, endpoint=endpoint)


def verify(
    client: RegisteredClient | None, presented: Credentials, *, public: bool = False
) -> RegisteredClient:
    """Return the client, where the secret or the assertion belongs to it. Raises OAuthError."""
    if client is None:
        raise _invalid_client()
    if public and not client.confidential and not presented.secret and not presented.assertion:
        return client
    if client.confidential and client.jwks_uri and presented.assertion:
        refused = _assertion_fault(client.id, client.jwks_uri, presented)
        if refused:
            raise _invalid_client(client.id, refused)
        return client
    if client.confidential and client.verify_secret(presented.secret):
        return client
    if client.jwks_uri and not presented.assertion:
        raise _invalid_client(client.id, _BY_KEYS)
    raise _invalid_client(client.id)


def _assertion_fault(client: str, jwks_uri: str, presented: Credentials) -> str:
    """Say what is wrong with the assertion. Keys that we cannot fetch are no failure of the client."""
    try:
        return client_assertions.fault(
            client=client, jwks_uri=jwks_uri, assertion=presented.assertion, endpoint=presented.endpoint
        )
    except client_assertions.KeysUnavailableError as error:
        text = "The client's jwks_uri cannot be read now."
        headers = {"Retry-After": str(client_assertions.REFETCH_SECONDS)}
        raise OAuthError("temporarily_unavailable", text, status=503, headers=headers) from error


def service_user(request: HttpRequest, sent: Parameters) -> ServiceClient | None:
    """Return the authenticated service user; None where the client id is no id of one. Raises OAuthError."""
    presented = credentials(request, sent)
    client = service_tokens.find(client=presented.client_id)
    if client is None or client.verify_secret(presented.secret):
        return client
    refused = ""
    if client.jwks_uri and presented.assertion:
        refused = _assertion_fault(presented.client_id, client.jwks_uri, presented)
        if not refused:
            return client
    elif client.jwks_uri:
        refused = _BY_KEYS
    raise _invalid_client(presented.client_id, refused)


def _invalid_client(client: str = "", description: str = "") -> OAuthError:
    if client and _count_failure(client) > FAILURES:
        headers = {**_CHALLENGE, "Retry-After": str(WINDOW)}
        return OAuthError("invalid_client", "Too many wrong secrets.", status=429, headers=headers)
    return OAuthError("invalid_client", description, status=401, headers=_CHALLENGE)


def _count_failure(client: str) -> int:
    key = f"oidc-wrong-secret:{client}"
    cache.add(key, 0, WINDOW)
    try:
        return int(cache.incr(key))
    except ValueError:  # the key expired between the two calls
        return 0


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isprintable() and c not in '"\\')[:60]
