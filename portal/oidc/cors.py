"""Programs in browsers may call the endpoints from the origins of registered public clients (Fetch standard, CORS).

No cookie is accepted or allowed: such a program has a token or a code of its own. The origin of a client is that of its
redirect URIs. Discovery and keys are public documents, which any origin may read.
"""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from identity.clients import queries as clients_queries
from portal.oidc import metadata

_DAY = 86_400
_GUARDED = frozenset(
    {metadata.TOKEN, metadata.USERINFO, metadata.REVOKE, metadata.DEVICE_AUTHORIZATION, metadata.PAR}
)
_PUBLIC = frozenset({metadata.DISCOVERY, metadata.METADATA, metadata.JWKS})


def preflight(request: HttpRequest) -> HttpResponse | None:
    """Answer a browser that asks before a request of another origin; None for every other request."""
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return None
    if request.path_info not in _GUARDED | _PUBLIC:
        return None
    response = HttpResponse(status=204)
    if allow(request, response):
        response["Access-Control-Allow-Methods"] = "GET, POST"
        response["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response["Access-Control-Max-Age"] = str(_DAY if request.path_info in _PUBLIC else 600)
    return response


def _is_registered(origin: str) -> bool:
    """Without a database no origin is known; the response is JSON all the same."""
    try:
        return clients_queries.is_public_origin(origin=origin)
    except DatabaseError:
        return False


def allow(request: HttpRequest, response: HttpResponse) -> bool:
    """Let the page of a registered origin read this response. One statement, none without an origin."""
    if request.path_info in _PUBLIC:
        response["Access-Control-Allow-Origin"] = "*"
        return True
    if request.path_info not in _GUARDED:
        return False
    response["Vary"] = "Origin"
    origin = request.headers.get("Origin", "")
    if not origin or not _is_registered(origin):
        return False
    response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Expose-Headers"] = "WWW-Authenticate"
    return True
