"""Logout tokens (OpenID Connect Back-Channel Logout 1.0) are checked in full, and each is accepted once."""

from typing import Any, Protocol

import joserfc.errors
from joserfc import jwk, jwt

from demo.service import clock, sessions, store

EVENT = "http://schemas.openid.net/event/backchannel-logout"
ALGORITHMS = ["RS256", "ES256"]
CLOCKS_MAY_DIFFER_SECONDS = 60

Claims = dict[str, Any]


class Keys(Protocol):
    def __call__(self, *, force: bool = False) -> Any: ...


class Refused(Exception):
    """This is not a logout token for this service; the reason says why."""


def parse_token(token: str, *, keys: Keys, issuer: str, client_id: str) -> Claims:
    """Read a logout token (section 2.6).

    `keys` returns the issuer's keys, cached or fetched again. Raises Refused.
    """
    decoded = verified(token, keys)
    kind = str(decoded.header.get("typ", "")).lower().removeprefix("application/")
    insist(kind == "logout+jwt", "typ is not logout+jwt")
    claims = decoded.claims
    insist(claims.get("iss") == issuer, "iss is not the issuer of this service")
    insist(client_id in audience(claims), "aud does not name this service")
    check_times(claims)
    check_content(claims)
    return claims


def verified(token: str, keys: Keys) -> jwt.Token:
    try:
        try:
            return jwt.decode(token, jwk.KeySet.import_key_set(keys()), algorithms=ALGORITHMS)
        except joserfc.errors.InvalidKeyIdError:
            return jwt.decode(token, jwk.KeySet.import_key_set(keys(force=True)), algorithms=ALGORITHMS)
    except (joserfc.errors.JoseError, ValueError) as error:
        raise Refused("the signature is not one of the issuer's") from error


def check_times(claims: Claims) -> None:
    issued, expires = number(claims, "iat"), number(claims, "exp")
    insist(issued <= clock.seconds() + CLOCKS_MAY_DIFFER_SECONDS, "iat lies in the future")
    insist(clock.seconds() < expires, "the token has expired")


def check_content(claims: Claims) -> None:
    events = claims.get("events")
    insist(isinstance(events, dict) and isinstance(events.get(EVENT), dict), "events does not name a logout")
    insist("nonce" not in claims, "a logout token has no nonce")
    insist(is_name(claims.get("jti")), "jti is missing")
    names = [claims[key] for key in ("sid", "sub") if key in claims]
    insist(bool(names) and all(map(is_name, names)), "neither sid nor sub says who")


def number(claims: Claims, key: str) -> float:
    value = claims.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"{key} is missing")
    return value


def is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def audience(claims: Claims) -> list[Any]:
    value = claims.get("aud")
    return value if isinstance(value, list) else [value]


def insist(condition: bool, otherwise: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not condition:
        raise Refused(otherwise)


class Logouts:
    """The portal's logouts are kept on disk: a token counts once, also across a restart."""

    def __init__(self, journal: store.Journal, stored: sessions.Sessions) -> None:
        self.journal = journal
        self.sessions = stored
        self._accepted_ids: set[str] = set()
        self._latest: dict[tuple[str | None, str | None], float] = {}
        for line in journal.lines():
            self._remember(line)

    def carry_out(self, claims: Claims) -> int:
        """End what the token names, and count it.

        Raises Refused for a token that was here before.
        """
        sid, sub = claims.get("sid"), claims.get("sub")
        with self.sessions.lock:
            insist(claims["jti"] not in self._accepted_ids, "this token was here before")
            line = {"jti": claims["jti"], "iat": claims["iat"], "sid": sid, "sub": sub}
            ended = self.sessions.end_all(sid=sid, sub=sub)
            self.journal.append({**clock.stamps(), **line, "ended": ended})
            self._remember(line)
            return ended

    def came_before(self, claims: Claims) -> bool:
        """Check whether a sign-in was ended already when its ID token was issued, or since."""
        keys = [(claims["sid"], None), (None, claims["sub"])]
        return any(self._latest.get(key, -1) >= claims["iat"] for key in keys)

    def _remember(self, line: dict[str, Any]) -> None:
        self._accepted_ids.add(line["jti"])
        key = (line["sid"], None) if line["sid"] else (None, line["sub"])
        self._latest[key] = max(line["iat"], self._latest.get(key, -1))
