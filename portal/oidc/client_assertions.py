"""A client with keys of its own is authenticated by a signed assertion (`private_key_jwt`: RFC 7523, OIDC Core §9).

Its keys are fetched from its `jwks_uri` by the guarded client and shared by all processes for minutes. An assertion
that none of them verifies fetches them again, so that a client rotates its keys without telling us. While its address
fails, the last keys count for an hour. One request at a time fetches; no request waits for another one.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from functools import cache as once
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core.cache import cache
from jwt import PyJWK

from audit.foundation import clock
from portal.http import request_data
from portal.oidc import metadata, parameters
from portal.operations import authenticated_cache, one_time
from provisioning.delivery.errors import DeliveryError
from provisioning.http.pool import Pool

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = metadata.ASSERTIONS
KEYS_SECONDS = 600
"""A key that the client has withdrawn is accepted this long, while its address answers."""
STALE_SECONDS = 3600
"""How long keys count while the client's address fails."""
REFETCH_SECONDS = 30
"""The keys are fetched at most this often, also after a failure: anyone can send an assertion."""
LONGEST = 600
"""Seconds from now until an assertion's end, at most: so long its `jti` is remembered."""
LEEWAY = 60
"""How far the client's clock may be off, in seconds."""
_MAX_KEYS, _MAX_JTI, _OK = 20, 256, 200
_RSA_BITS = 2048
_ALL_CLAIMS = dict.fromkeys(
    ("verify_exp", "verify_iat", "verify_nbf", "verify_iss", "verify_sub", "verify_jti"), True
)

logger = logging.getLogger("keyholder.client_keys")


class KeysUnavailableError(Exception):
    """The client's keys cannot be fetched now, so its assertion is neither right nor wrong."""


def subject(assertion: str) -> str:
    """Return which client the assertion claims to be of, before it is verified; empty for an unreadable one."""
    found = _payload(assertion).get("sub")
    return found if isinstance(found, str) else ""


def _payload(assertion: str) -> Mapping[str, Any]:
    """Return the claims as our own JSON parser reads them, which refuses what no column can hold."""
    text = parameters.jws_payload(assertion)
    return (request_data.json_object(text) if text else None) or {}


def fault(*, client: str, jwks_uri: str, assertion: str, endpoint: str) -> str:
    """Return why the assertion is refused; empty for one of this client, for us, in time, and used for the first time.

    `client` is its id, also of a service user; `endpoint` is the path of the request. Raises KeysUnavailableError.
    """
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.PyJWTError:
        return "The assertion is unreadable."
    if header.get("alg") not in ALGORITHMS:
        return "The assertion's algorithm is not supported."
    if not _is_signed(jwks_uri, assertion, header):
        return "No key at the client's jwks_uri verifies the assertion."
    claims = _payload(assertion)
    if not _is_for_us(claims, endpoint):
        return "aud must be one address: the issuer, the token endpoint or this endpoint."
    if not _is_in_time(client, assertion, claims):
        return "iss, sub, exp, iat, nbf or jti of the assertion is missing or wrong."
    return "" if _is_first_use(client, claims) else "The assertion has been used."


def _is_signed(address: str, assertion: str, header: Mapping[str, Any]) -> bool:
    """Fetch the keys again where none verifies: a key may have been exchanged, also under the same `kid`."""
    keys, fetched = _keys(address)
    if _verifies(keys, assertion, header):
        return True
    again = not fetched and _may_fetch("refetch", address)
    return again and _verifies(_fetch(address), assertion, header)


def _verifies(keys: Sequence[Mapping[str, Any]], assertion: str, header: Mapping[str, Any]) -> bool:
    for key in _matching(keys, header):
        try:
            jwt.PyJWS().decode(assertion, key, [header["alg"]])
        except (jwt.PyJWTError, TypeError, ValueError):
            continue
        return True
    return False


def _is_for_us(claims: Mapping[str, Any], endpoint: str) -> bool:
    """One audience alone: another server that is named beside us could use the assertion here.

    The token endpoint counts everywhere, because libraries name it (RFC 7523 §3, RFC 9126 §2).
    """
    audience, issuer = claims.get("aud"), metadata.issuer()
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    return isinstance(audience, str) and audience in {issuer, issuer + metadata.TOKEN, issuer + endpoint}


def _is_in_time(client: str, assertion: str, claims: Mapping[str, Any]) -> bool:
    """Check the other claims, and bound the end, which the library only compares with now."""
    options: Any = {
        **_ALL_CLAIMS,
        "verify_signature": False,
        "require": ["iss", "sub", "aud", "exp", "jti"],
    }
    try:
        jwt.decode(assertion, issuer=client, subject=client, leeway=LEEWAY, options=options)
    except jwt.PyJWTError:
        return False
    return int(claims["exp"]) <= int(clock.wall().timestamp()) + LONGEST + LEEWAY


def _is_first_use(client: str, claims: Mapping[str, Any]) -> bool:
    jti = claims["jti"]
    if not isinstance(jti, str) or not 0 < len(jti) <= _MAX_JTI:
        return False
    return one_time.use("assertion", f"{client}\0{jti}", seconds=LONGEST + 2 * LEEWAY)


def _matching(keys: Sequence[Mapping[str, Any]], header: Mapping[str, Any]) -> list[Any]:
    """Return the keys that may have signed: those of the `kid`, or of the algorithm where the header names none."""
    kid, algorithm = header.get("kid"), header["alg"]
    found = []
    for key in keys:
        if (kid is not None and key.get("kid") != kid) or not _is_for_verifying(key, algorithm):
            continue
        try:
            made = PyJWK.from_dict(dict(key), algorithm).key
        except (jwt.PyJWTError, TypeError, ValueError):
            continue
        if not isinstance(made, RSAPublicKey) or made.key_size >= _RSA_BITS:
            found.append(made)
    return found


def _is_for_verifying(key: Mapping[str, Any], algorithm: str) -> bool:
    """Honour what a key says of its own use (RFC 7517 §4.2 to §4.4)."""
    operations = key.get("key_ops", ["verify"])
    may_verify = isinstance(operations, list) and "verify" in operations
    return (
        may_verify
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and "d" not in key
    )


def _keys(address: str) -> tuple[Sequence[Mapping[str, Any]], bool]:
    """Return the client's keys, and whether they were fetched now. Raises KeysUnavailableError."""
    known = authenticated_cache.get(_name("keys", address))
    is_fresh = known is not None and clock.wall().timestamp() < known["fresh_until"]
    if not is_fresh and _may_fetch("fetch", address):
        try:
            return _fetch(address), True
        except KeysUnavailableError:
            if known is None:
                raise
    if known is None:  # another request fetches them, or has failed a moment ago
        raise KeysUnavailableError
    return known["keys"], False


def _may_fetch(kind: str, address: str) -> bool:
    return bool(cache.add(_name(kind, address), 1, REFETCH_SECONDS))


def _fetch(address: str) -> Sequence[Mapping[str, Any]]:
    """Fetch the set of keys (RFC 7517). Raises KeysUnavailableError, which is logged."""
    try:
        reply = _pool().request(method="GET", url=address, headers={"Accept": "application/json"})
        found = request_data.json_object(reply.content().decode()) if reply.status == _OK else None
    except (DeliveryError, UnicodeDecodeError) as error:
        logger.warning("The keys of a client cannot be fetched: %s %s", address, error)
        raise KeysUnavailableError from error
    keys = (found or {}).get("keys")
    if not isinstance(keys, list):
        logger.warning("The keys of a client are unreadable: %s", address)
        raise KeysUnavailableError
    usable = [key for key in keys[:_MAX_KEYS] if isinstance(key, dict)]
    fresh_until = clock.wall().timestamp() + KEYS_SECONDS
    stored = {"keys": usable, "fresh_until": fresh_until}
    authenticated_cache.set_value(_name("keys", address), stored, seconds=STALE_SECONDS)
    return usable


def _name(kind: str, address: str) -> str:
    return f"oidc-client-{kind}:{hashlib.sha256(address.encode()).hexdigest()}"


@once
def _pool() -> Pool:
    return Pool()
