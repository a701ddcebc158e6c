"""ID tokens and logout tokens of the supplier's identity provider are checked here; nothing else of them is believed.

OpenID Connect Core §3.1.3.7 and Back-Channel Logout §2.6, stricter where the standards leave a choice: one algorithm,
one audience, and a kind of token that cannot stand for the other.
"""

import base64
import datetime as dt
import hashlib
import hmac
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from portal.signin.staff.errors import RefusalCode, SignInRefused
from portal.signin.staff.provider import Provider

SKEW = dt.timedelta(minutes=1)
"""By how much the provider's clock may differ from ours."""
LOGOUT_LIFETIME = dt.timedelta(minutes=10)
"""A logout token lives this long at most; the standard recommends two minutes (§2.4)."""
_LONGEST = 16_384
_LONGEST_ID = 255
_ID_TOKEN_TYPES = frozenset({None, "JWT", "jwt"})
_LOGOUT_TYPES = frozenset({"logout+jwt", "application/logout+jwt"})
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_KEY_TYPES = {"RS256": ("RSA", None), "PS256": ("RSA", None), "ES256": ("EC", "P-256")}
_LEAST_RSA_BITS = 2048
# Only the signature is left to the library: it takes a missing claim for a right one.
_SIGNATURE_ONLY: Any = {
    f"verify_{claim}": claim == "signature"
    for claim in ("signature", "exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}


@dataclass(frozen=True, slots=True)
class IdToken:
    """Holds a checked ID token. `session` is the provider's `sid`, empty where it names none."""

    subject: str
    session: str
    issued_at: dt.datetime
    auth_time: dt.datetime | None
    proved: tuple[str, ...]
    """The values of `acr` and `amr`."""
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """Holds a checked logout token: it ends the sessions of `session`, or of `subject` where that is empty."""

    id: str
    subject: str
    session: str
    issued_at: dt.datetime


def verify_id_token(
    token: object,
    *,
    provider: Provider,
    nonce: str,
    access_token: str,
    began_at: dt.datetime,
    now: dt.datetime,
) -> IdToken:
    """Return the checked ID token of the sign-in that began at `began_at`.

    Raises SignInRefused, ProviderUnavailable.
    """
    claims = _signed_claims(token, provider=provider, types=_ID_TOKEN_TYPES)
    issued_at = _checked_common(claims, provider=provider, now=now)
    if issued_at < began_at - SKEW:
        raise _refused("the token is older than the sign-in")
    if not isinstance(claims.get("nonce"), str) or not hmac.compare_digest(
        claims["nonce"].encode(), nonce.encode()
    ):
        raise _refused("nonce")
    if "at_hash" in claims and claims["at_hash"] != _half_hash(access_token):
        raise _refused("at_hash")
    if "events" in claims:
        raise _refused("a logout token is no ID token")
    return IdToken(
        subject=_identifier(claims, "sub"),
        session=_identifier(claims, "sid") if "sid" in claims else "",
        issued_at=issued_at,
        auth_time=_instant(claims, "auth_time") if "auth_time" in claims else None,
        proved=_proved(claims),
        claims=claims,
    )


def verify_logout_token(token: object, *, provider: Provider, now: dt.datetime) -> LogoutToken:
    """Return the checked logout token; the caller refuses one whose `id` was used. Raises as `verify_id_token`."""
    claims = _signed_claims(token, provider=provider, types=_LOGOUT_TYPES)
    issued_at = _checked_common(claims, provider=provider, now=now)
    if _instant(claims, "exp") - issued_at > LOGOUT_LIFETIME:
        raise _refused("the token lives too long")
    if "nonce" in claims:
        raise _refused("nonce in a logout token")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT_EVENT), dict):
        raise _refused("events")
    if "sub" not in claims and "sid" not in claims:
        raise _refused("neither sub nor sid")
    return LogoutToken(
        id=_identifier(claims, "jti"),
        subject=_identifier(claims, "sub") if "sub" in claims else "",
        session=_identifier(claims, "sid") if "sid" in claims else "",
        issued_at=issued_at,
    )


def _refused(detail: str) -> SignInRefused:
    return SignInRefused(RefusalCode.TOKEN, detail)


def _signed_claims(token: object, *, provider: Provider, types: Collection[str | None]) -> Mapping[str, Any]:
    """Return the claims of a token that one of the provider's keys has signed, in its one algorithm."""
    if not isinstance(token, str) or len(token) > _LONGEST:
        raise _refused("no token")
    algorithm = provider.configured.algorithm
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != algorithm or header.get("typ") not in types:
            raise _refused("algorithm or type of the token")
        key = _key(header.get("kid"), provider=provider)
        claims: Mapping[str, Any] = jwt.decode(token, key, algorithms=[algorithm], options=_SIGNATURE_ONLY)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise _refused(type(error).__name__) from error
    return claims


def _key(kid: object, *, provider: Provider) -> Any:
    """Return the only key that can have signed it; an unknown key id fetches the keys, at most once a minute."""
    for refreshed in (False, True):
        usable = [
            jwk
            for jwk in provider.keys(refreshed=refreshed)
            if _is_usable(jwk, provider.configured.algorithm) and (kid is None or jwk.get("kid") == kid)
        ]
        if len(usable) == 1:
            return _public_key(usable[0], provider.configured.algorithm)
    raise _refused("no key of this id")


def _is_usable(jwk: Mapping[str, Any], algorithm: str) -> bool:
    kty, curve = _KEY_TYPES[algorithm]
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("kty") == kty
        and jwk.get("crv") == curve
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", algorithm) == algorithm
        and isinstance(operations, list)
        and "verify" in operations
    )


def _public_key(jwk: Mapping[str, Any], algorithm: str) -> Any:
    public = {name: value for name, value in jwk.items() if name in {"kty", "n", "e", "crv", "x", "y"}}
    key = jwt.PyJWK(public, algorithm).key
    if isinstance(key, RSAPublicKey) and key.key_size < _LEAST_RSA_BITS:
        raise _refused("the key is too short")
    return key


def _checked_common(claims: Mapping[str, Any], *, provider: Provider, now: dt.datetime) -> dt.datetime:
    """Check issuer, audience and times. Returns when the token was issued."""
    configured = provider.configured
    if claims.get("iss") != configured.issuer:
        raise _refused("iss")
    # A second audience could use the token at us: we trust none.
    if claims.get("aud") not in (configured.client_id, [configured.client_id]):
        raise _refused("aud")
    if claims.get("azp", configured.client_id) != configured.client_id:
        raise _refused("azp")
    issued_at = _instant(claims, "iat")
    if issued_at > now + SKEW or ("nbf" in claims and _instant(claims, "nbf") > now + SKEW):
        raise _refused("issued in the future")
    if _instant(claims, "exp") <= now:
        raise _refused("expired")
    return issued_at


def _instant(claims: Mapping[str, Any], name: str) -> dt.datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _refused(name)
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise _refused(name) from error


def _identifier(claims: Mapping[str, Any], name: str) -> str:
    """Return a non-empty identifier of printable ASCII (OpenID Connect Core §2)."""
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        raise _refused(name)
    if not (value.isascii() and value.isprintable()):
        raise _refused(name)
    return value


def _half_hash(access_token: str) -> str:
    """Return `at_hash` (OpenID Connect Core §3.1.3.6): all our algorithms have SHA-256."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def _proved(claims: Mapping[str, Any]) -> tuple[str, ...]:
    methods = claims.get("amr", [])
    values = [claims.get("acr"), *(methods if isinstance(methods, list) else [])]
    return tuple(value for value in values if isinstance(value, str) and value)
