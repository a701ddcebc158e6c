"""Codes and tokens as tests need them, issued by the product's own functions."""

import datetime as dt
import hashlib
from base64 import urlsafe_b64encode
from dataclasses import replace

from audit import clock
from identity.grants import candidates, codes, sign_ins, tokens
from identity.grants.codes import Asked
from identity.grants.force import Grant
from identity.grants.sign_ins import Standing
from identity.grants.tokens import Pair
from identity.models import Application, Membership, User
from tests.world import actor_of

VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ADDRESS = "https://ordering.example.test/cb"
ASKED = Asked(
    client="ordering", redirect_uri=ADDRESS, scopes="openid profile email", nonce="n-1", challenge=CHALLENGE
)


def standing(who: Membership, *, session: str = "browser", at: dt.datetime | None = None) -> Standing:
    """This colleague before the door, as read now."""
    now = clock.now()
    application = Application.objects.get(key="ordering")
    mine = candidates.of(user=who.user_id, application=application.id, at=now)
    return sign_ins.standing(
        user=User.objects.get(id=who.user_id),
        session_key=session,
        candidate=next(one for one in mine if one.membership == who.id),
        application_key="ordering",
        auth_time=at or now,
        amr=["pwd", "otp", "mfa"],
    )


def code(who: Membership, *, before: Standing | None = None, session: str = "browser", **asked: str) -> str:
    """A fresh code."""
    return codes.issue(
        actor=actor_of(who),
        asked=replace(ASKED, **asked),
        standing=before or standing(who, session=session),
        noted="sign_in.done",
    )


def redeem(secret: str, **other: str) -> tuple[Grant, Pair] | None:
    """Tokens for it."""
    given = {"client": "ordering", "redirect_uri": ADDRESS, "challenge": CHALLENGE} | other
    return codes.redeem(code=secret, **given)


def pair(who: Membership, *, session: str = "browser") -> Pair:
    """Tokens of this colleague."""
    redeemed = redeem(code(who, session=session))
    assert redeemed is not None
    return redeemed[1]


def holds(given: Pair) -> tuple[bool, bool]:
    """Whether the access token and the refresh token hold."""
    return tokens.check(token=given.access) is not None, tokens.check_refresh(token=given.refresh) is not None
