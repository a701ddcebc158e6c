"""This OpenID Provider has one client: code flow with PKCE S256, back-channel and RP-initiated logout.

It is for the demo alone. A code is redeemed once and within a minute; there is no session, so each sign-in asks.
"""

import base64
import dataclasses
import hashlib
import hmac
import secrets
import threading
from typing import Any

from joserfc import jwk, jwt

from demo.service import clock
from demo.staff_login.staff import Member

CODE_SECONDS = 60
ID_TOKEN_SECONDS = 300
LOGOUT_SECONDS = 120
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
ALGORITHM = "RS256"
REQUIRED = ("state", "nonce", "code_challenge")


class Refused(Exception):
    """The request is no valid one; the text says why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Client:
    """The portal, as it is registered here."""

    id: str
    secret: str
    redirect_uri: str
    post_logout_redirect_uri: str
    logout_uri: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Granted:
    """What a code stands for."""

    member: Member
    asked: dict[str, str]
    proved: tuple[str, ...]
    at: float


class Provider:
    """Holds the key and the codes in memory: both end with the process, as every sign-in under way does."""

    def __init__(self, *, issuer: str, client: Client) -> None:
        self.issuer, self.client = issuer, client
        self._key = jwk.RSAKey.generate_key(
            2048, {"kid": secrets.token_hex(8), "use": "sig", "alg": ALGORITHM}, private=True
        )
        self._codes: dict[str, Granted] = {}
        self._lock = threading.Lock()

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/sign-out",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "backchannel_logout_supported": True,
            "authorization_response_iss_parameter_supported": True,
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    def check(self, asked: dict[str, str]) -> None:
        """Raises Refused; nothing is sent back to an address that is not registered."""
        if asked.get("client_id") != self.client.id or asked.get("redirect_uri") != self.client.redirect_uri:
            raise Refused("The client or its address is not registered here.")
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            raise Refused("Only the code flow with PKCE S256 is supported.")
        if "openid" not in asked.get("scope", "").split() or not all(asked.get(name) for name in REQUIRED):
            raise Refused("The request is incomplete.")

    def grant(self, member: Member, asked: dict[str, str], *, proved: tuple[str, ...]) -> str:
        """Return a new code."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            at = clock.seconds()
            self._codes = {key: one for key, one in self._codes.items() if one.at + CODE_SECONDS > at}
            self._codes[code] = Granted(member=member, asked=asked, proved=proved, at=at)
        return code

    def redeem(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """Return the token response. Raises Refused; a code is gone after its first use, right or wrong."""
        if not hmac.compare_digest(authorization.encode(), self._basic().encode()):
            raise Refused("invalid_client")
        with self._lock:
            granted = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            granted is None
            or form.get("grant_type") != "authorization_code"
            or granted.at + CODE_SECONDS <= clock.seconds()
            or form.get("redirect_uri") != granted.asked["redirect_uri"]
            or not hmac.compare_digest(challenge.encode(), granted.asked["code_challenge"].encode())
        ):
            raise Refused("invalid_grant")
        access_token = secrets.token_urlsafe(32)
        return {"access_token": access_token, "token_type": "Bearer", "id_token": self._id_token(granted)}

    def _id_token(self, granted: Granted) -> str:
        member = granted.member
        claims = {
            "sub": member.subject,
            "name": member.name,
            "email": member.email,
            "groups": list(member.groups),
            "amr": list(granted.proved),
            "nonce": granted.asked["nonce"],
            "auth_time": int(granted.at),
            "sid": secrets.token_hex(16),
        }
        return self._signed(claims, kind="JWT", seconds=ID_TOKEN_SECONDS)

    def logout_token(self, member: Member) -> str:
        """Return the token that ends all sessions of a member (Back-Channel Logout §2.4)."""
        claims = {"sub": member.subject, "jti": secrets.token_hex(16), "events": {LOGOUT_EVENT: {}}}
        return self._signed(claims, kind="logout+jwt", seconds=LOGOUT_SECONDS)

    def _signed(self, claims: dict[str, Any], *, kind: str, seconds: int) -> str:
        at = int(clock.seconds())
        whole = {"iss": self.issuer, "aud": self.client.id, "iat": at, "exp": at + seconds, **claims}
        return jwt.encode({"alg": ALGORITHM, "kid": self._key.kid, "typ": kind}, whole, self._key)

    def _basic(self) -> str:
        pair = f"{self.client.id}:{self.client.secret}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"
