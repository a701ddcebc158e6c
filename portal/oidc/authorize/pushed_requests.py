"""A client pushes its authorization request before it sends the browser (RFC 9126), so that no browser changes it.

The shared cache holds the request; the browser brings its name alone. It must come within the stated time. After that
the request stays for an hour, because the person may have to sign in first, and leads to one code.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from audit.foundation import clock
from portal.oidc import client_authentication, json_responses
from portal.oidc.authorize import reauthentication
from portal.oidc.authorize import request as authorize_request
from portal.oidc.authorize.request import AuthorizationError, ClientRequestError
from portal.oidc.json_responses import OAuthError
from portal.oidc.parameters import Parameters
from portal.operations import authenticated_cache, one_time

PREFIX = "urn:ietf:params:oauth:request_uri:"
SECONDS = 90
_KEPT = 3600
_LONGEST = 20_000
"""Characters of JSON, with escapes: what is stored has a bound."""
_CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
ANSWERED = "answered"
"""Our choice page adds the choice of an organization to the name, with this mark that the page was shown."""
_SALT = "keyholder.oidc.answered"
_USED = "pushed"


def push(request: HttpRequest) -> HttpResponse:
    """Store a valid request of an authenticated client, and answer with its name. Raises OAuthError."""
    sent = client_authentication.form_parameters(request)
    client = client_authentication.authenticate(request, sent, public=True)
    client_authentication.limit_strangers(request, client)
    values = {name: value for name, value in sent.values.items() if name not in _CREDENTIALS}
    if "request_uri" in values:
        raise OAuthError("invalid_request", "request_uri cannot be pushed.")
    if len(json.dumps(values)) > _LONGEST:
        raise OAuthError("invalid_request", "The request is too long.")
    values["client_id"] = client.id
    _validate(Parameters(values))
    name = secrets.token_urlsafe(32)
    stored = {"values": values, "until": clock.wall().timestamp() + SECONDS}
    authenticated_cache.set_value(_key("request", name), stored, seconds=_KEPT)
    return json_responses.ok({"request_uri": f"{PREFIX}{name}", "expires_in": SECONDS}, status=201)


def _validate(sent: Parameters) -> None:
    try:
        authorize_request.parse_request(sent, authorize_request.parse_target(sent))
    except ClientRequestError as error:
        raise OAuthError(error.error, error.detail) from error
    except AuthorizationError as error:
        raise OAuthError(error.error, error.description) from error


def is_pushed(sent: Parameters) -> bool:
    """Return whether the request names a pushed one."""
    return sent.get("request_uri").startswith(PREFIX)


def answered(request: HttpRequest, request_uri: str) -> str:
    """Return the mark that our page asks this browser session about this request."""
    shown = f"{reauthentication.session_of(request)}\0{request_uri}"
    return signing.Signer(salt=_SALT).sign(hashlib.sha256(shown.encode()).hexdigest())


def resolve(request: HttpRequest, sent: Parameters) -> Parameters:
    """Return the pushed request with what our own pages add; all else in the address is ignored.

    A link to the name with an organization that another party chose has no effect: the choice counts with its mark.

    Raises ClientRequestError for one that is unknown, of another client, or late.
    """
    name = sent.get("request_uri").removeprefix(PREFIX)
    stored: Mapping[str, Any] = authenticated_cache.get(_key("request", name)) or {}
    values = dict(stored.get("values", {}))
    if not values or sent.get("client_id") != values["client_id"] or not _is_in_time(name, stored):
        raise ClientRequestError("invalid_request_uri", "request_uri is not known, or has expired.")
    asked = answered(request, sent.get("request_uri"))
    if sent.get("organization") and constant_time_compare(sent.get(ANSWERED), asked):
        prompts = [prompt for prompt in values.get("prompt", "").split() if prompt != "select_account"]
        values["prompt"] = " ".join(prompts)
        values.setdefault("organization", sent.get("organization"))
    values.setdefault(reauthentication.PARAMETER, sent.get(reauthentication.PARAMETER))
    return Parameters({field: value for field, value in values.items() if value})


def _is_in_time(name: str, stored: Mapping[str, Any]) -> bool:
    """The browser comes in time once; then the person may need longer on our pages."""
    if clock.wall().timestamp() <= float(stored["until"]):
        cache.add(_key("seen", name), 1, _KEPT)
        return True
    return cache.get(_key("seen", name)) is not None


def is_used(request_uri: str) -> bool:
    """Return whether this request has led to a code."""
    return one_time.is_used(_USED, request_uri)


def use(request_uri: str) -> bool:
    """Use this request up for the code that was just issued; False where another code was, also at the same moment."""
    return one_time.use(_USED, request_uri, seconds=_KEPT)


def _key(kind: str, name: str) -> str:
    return f"oidc-par-{kind}:{hashlib.sha256(name.encode()).hexdigest()}"
