"""Which client asks, and whether it is that client: by `client_secret_basic` or `_post`, or public (RFC 6749 §2.3)."""

import base64
import binascii
from urllib.parse import unquote_plus

from django.core.cache import cache
from django.http import HttpRequest

from identity.clients import queries as clients_queries
from identity.clients.queries import RegisteredClient
from portal.oidc import parameters
from portal.oidc.json_responses import OAuthError
from portal.oidc.parameters import Parameters

FAILURES, WINDOW = 60, 300
"""Wrong secrets of one client within so many seconds, after which further wrong ones hear 429. A right one always
passes: nobody can lock a service out by guessing at its name."""

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="keyholder", charset="UTF-8"'}
_FORM = "application/x-www-form-urlencoded"


def form(request: HttpRequest) -> Parameters:
    """The body's parameters. Raises Refusal for another content type, or anything in the query or body amiss."""
    if request.content_type != _FORM:
        raise OAuthError("invalid_request", f"The body must be {_FORM}.")
    if request.META.get("QUERY_STRING"):
        raise OAuthError("invalid_request", "Parameters belong into the body.")
    given = parameters.read(request.body)
    for name, fault in given.faults.items():
        raise OAuthError("invalid_request", f"{_shown(name)}: {fault}" if name else fault)
    return given


def client(request: HttpRequest, given: Parameters, *, public: bool = False) -> RegisteredClient:
    """The client that has proved itself; with `public`, also one that has no secret. Raises Refusal."""
    name, secret = claimed(request, given)
    return proved(clients_queries.find(client=name), secret, public=public)


def claimed(request: HttpRequest, given: Parameters) -> tuple[str, str]:
    """Which client it says it is, and by which secret. Raises Refusal."""
    header = request.headers.get("Authorization", "")
    if header and "client_secret" in given:
        raise OAuthError("invalid_request", "Prove the client in one way only.")
    name, secret = _basic(header) if header else (given.get("client_id"), given.get("client_secret"))
    if header and given.get("client_id") not in {"", name}:
        raise OAuthError("invalid_request", "client_id is not the one in the Authorization header.")
    if not name or "\0" in name:
        raise _unproved()
    return name, secret


def proved(found: RegisteredClient | None, secret: str, *, public: bool = False) -> RegisteredClient:
    """The client, where the secret is its own. Raises Refusal."""
    if found is None:
        raise _unproved()
    if public and not found.confidential and not secret:
        return found
    if not found.confidential or not found.verify_secret(secret):
        raise _unproved(found.id)
    return found


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        raise _unproved()
    try:
        name, colon, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise _unproved() from error
    if not colon:
        raise _unproved()
    return unquote_plus(name), unquote_plus(secret)


def _unproved(name: str = "") -> OAuthError:
    if name and _failures(name) > FAILURES:
        headers = {**_CHALLENGE, "Retry-After": str(WINDOW)}
        return OAuthError("invalid_client", "Too many wrong secrets.", status=429, headers=headers)
    return OAuthError("invalid_client", status=401, headers=_CHALLENGE)


def _failures(name: str) -> int:
    key = f"oidc-wrong-secret:{name}"
    cache.add(key, 0, WINDOW)
    try:
        return int(cache.incr(key))
    except ValueError:  # it ran out between the two
        return 0


def _shown(name: str) -> str:
    return "".join(c for c in name if c.isascii() and c.isprintable() and c not in '"\\')[:60]
