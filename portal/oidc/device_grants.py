"""A terminal without a browser signs a person in on another device (RFC 8628).

The shared cache holds the request for ten minutes under hashes of both codes. The person's answer is an authorization
code, which is bound to the device code like to a code verifier: what the cache holds is of no use without it.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from audit.foundation import clock
from identity.clients import queries as clients_queries
from identity.clients.queries import RegisteredClient
from identity.grants import codes
from identity.grants.tokens import TokenPair
from identity.grants.validity import GrantContext
from portal.http import request_context
from portal.oidc import client_authentication, json_responses, metadata
from portal.oidc.authorize import request as authorize_request
from portal.oidc.authorize.request import AuthorizationError
from portal.oidc.json_responses import OAuthError
from portal.oidc.parameters import Parameters
from portal.operations import authenticated_cache, one_time

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
SECONDS, INTERVAL = 600, 5
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no code is a word (RFC 8628 §6.1)."""
_LENGTH = 8
_SLOWER, _SLOWEST = 5, 30
"""Seconds. A code of the answer lives for a minute: the slowest terminal must fetch it in that time."""
_ANSWERED = "device"
_JITTER = 1
"""A terminal whose clock is that many seconds fast does not poll too early."""


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """Describes what a terminal asked; `address` and `asked_at` show the person which one it is."""

    key: str
    client: RegisteredClient
    scopes: str
    resource: str
    challenge: str
    address: str
    asked_at: float


def authorize(request: HttpRequest) -> HttpResponse:
    """Answer a terminal with its code and that of the person. Raises OAuthError."""
    sent = client_authentication.form_parameters(request)
    client = client_authentication.authenticate(request, sent, public=True)
    if GRANT_TYPE not in client.grant_types:
        raise OAuthError("unauthorized_client", "The client is not registered for sign-in on another device.")
    client_authentication.limit_strangers(request, client)
    device_code, user_code = secrets.token_urlsafe(32), _new_user_code()
    stored = {
        "client": client.id,
        **_requested(sent, client),
        "challenge": challenge_of(device_code),
        "address": request_context.address_of(request.META),
        "asked_at": clock.wall().timestamp(),
    }
    _store("request", _key(device_code), stored)
    _store("user", _key(_normalized(user_code)), _key(device_code))
    page = metadata.issuer() + metadata.DEVICE
    body = {
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={user_code}",
        "expires_in": SECONDS,
        "interval": INTERVAL,
    }
    return json_responses.ok(body)


def _requested(sent: Parameters, client: RegisteredClient) -> dict[str, str]:
    try:
        return {
            "scopes": authorize_request.scopes_of(sent, client),
            "resource": authorize_request.resource_of(sent, client),
        }
    except AuthorizationError as error:
        raise OAuthError(error.error, error.description) from error


def find(user_code: str) -> DeviceRequest | None:
    """Return the request of this code, which waits for an answer; None without one. At most four statements."""
    key = _stored("user", _key(_normalized(user_code)))
    stored = _stored("request", str(key)) if key else None
    if not stored or one_time.is_used(_ANSWERED, str(key)):
        return None
    client = clients_queries.find(client=stored.pop("client"))
    return None if client is None else DeviceRequest(key=str(key), client=client, **stored)


def answer(asked: DeviceRequest, *, code: str) -> bool:
    """Store the person's answer for the terminal: a code, or "" for a refusal.

    False where another browser has answered, also at the same moment.
    """
    if not one_time.use(_ANSWERED, asked.key, seconds=SECONDS):
        return False
    _store("answer", asked.key, {"code": code})
    return True


def exchange(
    client: RegisteredClient, sent: Parameters, resources: Sequence[str]
) -> tuple[GrantContext, TokenPair]:
    """Answer a terminal that polls (RFC 8628 §3.4). Raises OAuthError until the person has answered."""
    device_code = sent.get("device_code")
    if not device_code:
        raise OAuthError("invalid_request", "device_code is missing.")
    key = _key(device_code)
    stored = _stored("request", key)
    if not stored:
        raise OAuthError("expired_token")
    if stored["client"] != client.id:
        raise OAuthError("invalid_grant")
    if stored["resource"] not in resources:
        raise OAuthError("invalid_target", "The grant is not registered for this resource.")
    _require_patience(key)
    answered = _stored("answer", key)
    if answered is None:
        raise OAuthError("authorization_pending")
    redeemed = answered["code"] and codes.redeem(
        code=answered["code"],
        client=client.id,
        redirect_uri=GRANT_TYPE,
        code_challenge=challenge_of(device_code),
        resources=resources,
    )
    cache.delete(_name("request", key))
    if not redeemed:
        raise OAuthError("expired_token" if answered["code"] else "access_denied")
    return redeemed


def _require_patience(key: str) -> None:
    """Refuse a poll before the interval is over, and lengthen it (RFC 8628 §3.5)."""
    interval = int(cache.get(_name("interval", key)) or INTERVAL)
    if cache.add(_name("poll", key), 1, interval - _JITTER):
        return
    slower = min(interval + _SLOWER, _SLOWEST)
    cache.set(_name("interval", key), slower, SECONDS)
    cache.set(_name("poll", key), 1, slower - _JITTER)
    raise OAuthError("slow_down", f"Poll every {slower} seconds at most.")


def challenge_of(device_code: str) -> str:
    """Return what the answer's code is bound to."""
    return hashlib.sha256(device_code.encode()).hexdigest()


def written(user_code: str) -> str:
    """Return the code as the terminal shows it, `BCDF-GHJK`; whatever the person typed between the letters."""
    text = _normalized(user_code)
    return f"{text[:4]}-{text[4:]}" if text else ""


def _new_user_code() -> str:
    return written("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))


def _normalized(user_code: str) -> str:
    return re.sub(f"[^{_LETTERS}]", "", user_code.upper()[:40])[:_LENGTH]


def _key(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _stored(kind: str, key: str) -> Any:
    return authenticated_cache.get(_name(kind, key))


def _store(kind: str, key: str, value: object) -> None:
    authenticated_cache.set_value(_name(kind, key), value, seconds=SECONDS)


def _name(kind: str, key: str) -> str:
    return f"oidc-device-{kind}:{key}"
