"""A client with keys of its own is authenticated by a signed assertion (`private_key_jwt`: RFC 7523, OIDC Core §9).

Its keys are fetched from its `jwks_uri` by the guarded client and shared by all processes for minutes. A key id that is
not among them fetches them again, so that a client rotates its keys without telling us.
"""

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from functools import cache as once
from typing import Any

import jwt
from django.core.cache import cache
from jwt import PyJWK

from audit.foundation import clock
from identity.clients.queries import RegisteredClient
from portal.http import request_data
from portal.oidc import metadata
from provisioning.delivery.errors import DeliveryError
from provisioning.http.pool import Pool

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = metadata.ASSERTIONS
KEYS_SECONDS = 600
"""A key that the client has withdrawn is accepted this long at most."""
REFETCH_SECONDS = 30
"""An unknown key id fetches the keys at most this often: anyone can send an assertion with one."""
LONGEST = 600
"""Seconds from now until an assertion's end, at most: so long its `jti` is remembered."""
LEEWAY = 60
"""How far the client's clock may be off, in seconds."""
_MAX_KEYS, _MAX_JTI, _OK = 20, 256, 200
_LOOKS, _LOOK_SECONDS = 10, 0.1

logger = logging.getLogger("keyholder.client_keys")


def subject(assertion: str) -> str:
    """Return which client the assertion claims to be of, before it is verified; empty for an unreadable one."""
    try:
        claims = jwt.decode(
            assertion,
            options={
                "verify_signature": False,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
            },
        )
    except jwt.PyJWTError:
        return ""
    found = claims.get("sub")
    return found if isinstance(found, str) and "\0" not in found else ""


def verify(client: RegisteredClient, assertion: str) -> bool:
    """Return whether the assertion is this client's, for us, in time, and used for the first time."""
    claims = _claims(client, assertion)
    return claims is not None and _is_in_time(claims) and _is_first_use(client, claims)


def _claims(client: RegisteredClient, assertion: str) -> Mapping[str, Any] | None:
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.PyJWTError:
        return None
    if header.get("alg") not in ALGORITHMS:
        return None
    for key in _candidates(client.jwks_uri, header):
        try:
            return jwt.decode(
                assertion,
                key,
                [header["alg"]],
                audience=_audiences(),
                issuer=client.id,
                subject=client.id,
                leeway=LEEWAY,
                options={"require": ["iss", "sub", "aud", "exp", "jti"]},
            )
        except (jwt.PyJWTError, TypeError, ValueError):
            continue
    return None


def _audiences() -> list[str]:
    """Return our names: the issuer, or the endpoint that is asked (RFC 7523 §3, RFC 9126 §2)."""
    issuer = metadata.issuer()
    endpoints = (metadata.TOKEN, metadata.PAR, metadata.INTROSPECT, metadata.REVOKE)
    return [issuer, *(issuer + path for path in endpoints)]


def _is_in_time(claims: Mapping[str, Any]) -> bool:
    """Bound the end, which the library only compares with now."""
    return float(claims["exp"]) - clock.wall().timestamp() <= LONGEST + LEEWAY


def _is_first_use(client: RegisteredClient, claims: Mapping[str, Any]) -> bool:
    jti = claims["jti"]
    if not isinstance(jti, str) or not 0 < len(jti) <= _MAX_JTI:
        return False
    name = hashlib.sha256(f"{client.id}\0{jti}".encode()).hexdigest()
    return bool(cache.add(f"oidc-jti:{name}", 1, LONGEST + 2 * LEEWAY))


def _candidates(address: str, header: Mapping[str, Any]) -> list[Any]:
    """Return the keys that may have signed: those of the `kid`, or of the algorithm where the header names none."""
    found = _matching(_keys(address), header)
    if not found and cache.add(_name("refetch", address), 1, REFETCH_SECONDS):
        found = _matching(_fetch(address), header)
    return found


def _matching(keys: Sequence[Mapping[str, Any]], header: Mapping[str, Any]) -> list[Any]:
    kid, algorithm = header.get("kid"), header["alg"]
    found = []
    for key in keys:
        if (kid is not None and key.get("kid") != kid) or key.get("use", "sig") != "sig" or "d" in key:
            continue
        try:
            found.append(PyJWK.from_dict(dict(key), algorithm).key)
        except (jwt.PyJWTError, TypeError, ValueError):
            continue
    return found


def _keys(address: str) -> Sequence[Mapping[str, Any]]:
    known = cache.get(_name("keys", address))
    if known is not None:
        return list(known)
    if cache.add(_name("fetch", address), 1, REFETCH_SECONDS):
        return _fetch(address)
    return _fetched_meanwhile(address)


def _fetched_meanwhile(address: str) -> Sequence[Mapping[str, Any]]:
    """Wait a moment for the request that fetches the keys; one that failed is not repeated so soon."""
    for _ in range(_LOOKS):
        time.sleep(_LOOK_SECONDS)
        known = cache.get(_name("keys", address))
        if known is not None:
            return list(known)
    return []


def _fetch(address: str) -> Sequence[Mapping[str, Any]]:
    """Fetch the set of keys (RFC 7517); an unusable answer counts as no keys, and is logged."""
    try:
        reply = _pool().request(method="GET", url=address, headers={"Accept": "application/json"})
        found = request_data.json_object(reply.content().decode()) if reply.status == _OK else None
    except (DeliveryError, UnicodeDecodeError) as error:
        logger.warning("The keys of a client cannot be fetched: %s %s", address, error)
        return []
    keys = (found or {}).get("keys")
    if not isinstance(keys, list):
        logger.warning("The keys of a client are unreadable: %s", address)
        return []
    usable = [key for key in keys[:_MAX_KEYS] if isinstance(key, dict)]
    cache.set(_name("keys", address), usable, KEYS_SECONDS)
    return usable


def _name(kind: str, address: str) -> str:
    return f"oidc-client-{kind}:{hashlib.sha256(address.encode()).hexdigest()}"


@once
def _pool() -> Pool:
    return Pool()
