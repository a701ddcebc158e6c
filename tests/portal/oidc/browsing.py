"""A browser and a service, in one process: what each sends, without a library in between."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from allauth.account.internal import userkit
from allauth.account.internal.flows import login
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpResponse
from django.test import Client

from audit.foundation import clock
from identity.memberships.models import Membership
from identity.people.models import User
from identity.sessions.store import SessionStore
from portal.oidc import metadata
from tests.fixtures.grants import ADDRESS, CHALLENGE, VERIFIER
from tests.fixtures.world import World

ISSUER = "http://localhost:8000"
ASKED = {
    "client_id": "ordering",
    "redirect_uri": ADDRESS,
    "response_type": "code",
    "scope": "openid profile email",
    "state": "s-1",
    "nonce": "n-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def browser(who: Membership | User | None = None, *, weak: bool = False, ago: float = 0) -> Client:
    """Somebody's browser, signed in so many seconds ago with two factors, or with a password alone."""
    client = Client(headers={"host": "localhost"})
    if who is not None:
        user = who.user if isinstance(who, Membership) else who
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key or ""
        proved(client, weak=weak, ago=ago)
    return client


def proved(client: Client, *, weak: bool = False, ago: float = 0) -> None:
    """The person proves who they are, as allauth writes it down."""
    at = clock.wall().timestamp() - ago
    session = client.session
    known = {"method": "password", "at": at}
    held = {"method": "mfa", "type": "totp", "at": at}
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [known] if weak else [known, held]
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = userkit.user_id_to_str(_person(session))
    session.save()


def _person(session: Any) -> User:
    return User.objects.get(pk=session[SESSION_KEY])


def authorize(client: Client, **other: str | None) -> Any:
    """The authorization request; None leaves a parameter out."""
    asked = {name: value for name, value in {**ASKED, **other}.items() if value is not None}
    return client.get(f"{metadata.AUTHORIZE}?{urlencode(asked)}")


def answer(response: HttpResponse) -> dict[str, str]:
    """The parameters at the service's address."""
    assert response.status_code == 302, (response.status_code, response.content[:2000])
    assert response.headers["Location"].startswith(f"{ADDRESS}?"), response.headers["Location"]
    return {name: value[0] for name, value in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def code(client: Client, **other: str | None) -> str:
    """A code."""
    return answer(authorize(client, **other))["code"]


def basic(world: World, client: str = "ordering", secret: str | None = None) -> dict[str, str]:
    """The Authorization header of a service."""
    pair = f"{client}:{world.secrets[client] if secret is None else secret}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def post(address: str, body: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Any:
    """A form, from a service."""
    return Client(headers={"host": "localhost"}).post(
        address, urlencode(body), "application/x-www-form-urlencoded", headers=dict(headers or {})
    )


def redeem_body(secret: str, **other: str) -> dict[str, str]:
    """What a service sends with a code."""
    body = {
        "grant_type": "authorization_code",
        "code": secret,
        "redirect_uri": ADDRESS,
        "code_verifier": VERIFIER,
    }
    return body | other


def redeem(world: World, secret: str, **other: str) -> Any:
    """The token request for a code."""
    return post(metadata.TOKEN, redeem_body(secret, **other), basic(world))


def tokens(world: World, who: Membership, **other: str | None) -> dict[str, Any]:
    """The whole way."""
    response = redeem(world, code(browser(who), **other))
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def userinfo(access: str) -> Any:
    """What a token shows."""
    return Client(headers={"host": "localhost"}).get(
        metadata.USERINFO, headers={"Authorization": f"Bearer {access}"}
    )


def introspect(world: World, token: str, client: str = "ordering") -> dict[str, Any]:
    """What a service hears of a token."""
    response = post(metadata.INTROSPECT, {"token": token}, basic(world, client))
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def verified(id_token: str, audience: str = "ordering") -> dict[str, Any]:
    """The claims, verified with the published keys by another library's rules."""
    keys = jwt.PyJWKSet.from_json(Client(headers={"host": "localhost"}).get(metadata.JWKS).content.decode())
    key = next(one for one in keys.keys if one.key_id == jwt.get_unverified_header(id_token)["kid"])
    claims: dict[str, Any] = jwt.decode(id_token, key.key, ["RS256"], audience=audience, issuer=ISSUER)
    return claims


def claims_of(token: str) -> dict[str, Any]:
    """Unverified."""
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return found
