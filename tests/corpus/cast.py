"""The people, clients and secrets that the corpus' placeholders name.

A name is read word by word: what makes a secret differ stands in it (`code_of_crm`, `access_expired`).
"""

import base64
import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from allauth.idp.oidc.models import Client as ProtocolClient
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client as Browser

from audit.foundation import clock
from identity import lifecycle, machine_secrets, revocation, signing_keys
from identity.clients.models import Application, Client
from identity.grants import tokens
from identity.grants.models import AccessToken, AuthorizationCode, TokenFamily
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people.models import User
from portal.oidc import metadata
from tests.fixtures import bypass, oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.grants import CHALLENGE, VERIFIER
from tests.fixtures.world import World

PLACEHOLDER = re.compile(r"\{\{([a-z0-9_]+)\}\}")
HOST = {"shop": "shop", "crm": "crm", "app": "app", "disabled": "old"}
HOUR = 3600


class Cast:
    """Resolves the placeholders of one line of the corpus; each is created when it is first named."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.alice: Membership = world.olli
        self.bob: Membership = world.vilma
        self.secrets = {name: machine_secrets.generate(prefix="khs") for name in HOST}
        self.known: dict[str, str] = {}
        with worlds.bypassing_commands():
            for name in HOST:
                self._client(name)

    def _client(self, name: str) -> None:
        row = ProtocolClient.objects.create(
            id=f"corpus-{name}",
            name=name,
            secret="" if name == "app" else f"machine${machine_secrets.hash_secret(self.secrets[name])}",
            type="public" if name == "app" else "confidential",
            skip_consent=name != "crm",
            grant_types="authorization_code\nrefresh_token",
            redirect_uris=self.address(name),
            scopes="openid\nprofile\nemail" + ("\ncrm.read" if name == "crm" else ""),
        )
        application = Application.objects.get(key="crm" if name == "crm" else "ordering")
        Client.objects.create(protocol=row, application=application, is_active=name != "disabled")

    def address(self, name: str) -> str:
        """Where a client hears the answer."""
        return f"https://{HOST[name]}.example.test/cb"

    def browser(self, session: str) -> Browser:
        """The browser that a line begins in."""
        if session == "none":
            return BrowserClient()
        if session == "person_of_suspended_customer":
            self._suspend_customer()
        browser = signed_in.browser(self.alice, ago=2 * HOUR if session == "alice_old" else 1)
        if session == "alice_deactivated":
            self._deactivate()
        return browser

    def filled(self, value: Any) -> Any:
        """The value with its placeholders resolved."""
        if isinstance(value, str):
            text = re.sub(r"\{\{x:(\d+)\}\}", lambda found: "x" * int(found[1]), value)
            return PLACEHOLDER.sub(lambda found: self.resolved(found[1]), text)
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, Mapping):
            return {name: self.filled(one) for name, one in value.items()}
        return value

    def resolved(self, name: str) -> str:
        """What a placeholder stands for."""
        if name not in self.known:
            self.known[name] = self._made(name)
        return self.known[name]

    def _made(self, name: str) -> str:
        kind, _, rest = name.partition("_")
        words = rest.split("_")
        if name in {"verifier", "challenge"}:
            return {"verifier": VERIFIER, "challenge": CHALLENGE}[name]
        if name.endswith(("_endpoint", "_uri")):
            return self._endpoint(name)
        if kind in HOST:
            return {"id": f"corpus-{kind}", "secret": self.secrets[kind]}[rest]
        if name.startswith("id_token"):
            return self._id_token(words[1:])
        makers: dict[str, Callable[[list[str]], str]] = {
            "basic": self._basic,
            "code": self._code,
            "access": self._access,
            "refresh": self._refresh,
        }
        return makers[kind](words)

    def _endpoint(self, name: str) -> str:
        document = Browser(headers={"host": "localhost"}).get(metadata.DISCOVERY).json()
        return str(document[name]).removeprefix(oidc_browser.ISSUER)

    def _basic(self, words: list[str]) -> str:
        name = next((word for word in words if word in HOST), "shop")
        given = "wrong" if {"wrong", "bad"} & set(words) else self.secrets[name]
        pair = f"corpus-{name}:{'' if {'empty', 'no'} & set(words) else given}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _code(self, words: list[str]) -> str:
        who = self.bob if "bob" in words else self.alice
        name = next((word for word in words if word in HOST), "shop")
        asked = {
            "client_id": f"corpus-{name}",
            "redirect_uri": self.address(name),
            "nonce": "n-123",
            **({"code_challenge": None, "code_challenge_method": None} if "pkce" in words else {}),
            **({"scope": "openid crm.read"} if name == "crm" else {}),
        }
        response = oidc_browser.authorize(signed_in.browser(who), **asked)
        target = str(response.headers.get("Location", ""))
        if response.status_code == 200 and name == "crm":
            target = self._consented(who, asked)
        found = parse_qs(urlsplit(target).query).get("code", ["khc_refused"])[0]
        self._afterwards(words, found)
        return found

    def _consented(self, who: Membership, asked: Mapping[str, str | None]) -> str:
        body = urlencode({**oidc_browser.AUTHORIZATION_REQUEST, **asked, "decision": "grant"})
        response: Any = signed_in.browser(who).post(
            metadata.CONSENT, body, "application/x-www-form-urlencoded"
        )
        return str(response.context["target_url"])

    def _pair(self, words: list[str]) -> tuple[str, str]:
        name = next((word for word in words if word in HOST), "shop")
        people = [word for word in words if word in HOST or word == "bob"]
        code = self._code(people) if people else self._code([])
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.address(name)}
        response = self._token({**body, "code_verifier": VERIFIER}, name)
        return response["access_token"], response["refresh_token"]

    def _token(self, body: Mapping[str, str], name: str = "shop") -> dict[str, str]:
        public = {"client_id": "corpus-app"} if name == "app" else {}
        headers = {} if name == "app" else {"Authorization": self._basic([name])}
        found: dict[str, str] = oidc_browser.post(metadata.TOKEN, {**body, **public}, headers).json()
        return found

    def _rotated(self, refresh: str, **more: str) -> dict[str, str]:
        return self._token({"grant_type": "refresh_token", "refresh_token": refresh, **more})

    def _access(self, words: list[str]) -> str:
        if "openid" in words:
            return self._rotated(self.resolved("refresh"), scope="profile")["access_token"]
        if not words[0]:
            self.known["access"], self.known["refresh"] = self._pair([])
            return self.known["access"]
        access_token, _ = self._pair(words)
        self._afterwards(words, access_token)
        return access_token

    def _refresh(self, words: list[str]) -> str:
        if not words[0]:
            self.known["access"], self.known["refresh"] = self._pair([])
            return self.known["refresh"]
        _, first = self._pair(words)
        if {"used", "old", "rotated", "replay", "replayed", "reused"} & set(words):
            newest = self._rotated(first)["refresh_token"]
            if "newest" in words:
                self._rotated(first)
            first = newest if "newest" in words else first
        self._afterwards(words, first)
        return first

    def _afterwards(self, words: list[str], made: str) -> None:
        """What happened to the secret, or to what it stands on, since it was made."""
        happened: dict[str, Callable[[], object]] = {
            "used redeemed replayed": lambda: self._use(made),
            "expired": self._expire,
            "older lifetime": lambda: bypass.update(TokenFamily.objects.all(), expires_at=clock.now()),
            "revoked": lambda: tokens.revoke(token=made, client="corpus-shop"),
            "deactivated disabled blocked": self._deactivate,
            "removed member left": self._remove,
            "suspended customer closed": self._suspend_customer,
            "password reset factor": self._reset,
        }
        for keywords, call in happened.items():
            if set(keywords.split()) & set(words):
                call()

    def _use(self, made: str) -> None:
        if made.startswith("khc_"):
            body = {"grant_type": "authorization_code", "code": made, "redirect_uri": self.address("shop")}
            self._token({**body, "code_verifier": VERIFIER})

    def _expire(self) -> None:
        past = clock.now() - dt.timedelta(seconds=1)
        for model in (AuthorizationCode, AccessToken, TokenFamily):
            bypass.update(model.objects.all(), expires_at=past)

    def _remove(self) -> None:
        with worlds.bypassing_commands():
            lifecycle.end(memberships=[self.alice.id], at=clock.now())

    def _reset(self) -> None:
        with worlds.bypassing_commands():
            revocation.revoke_users(users=[self.alice.user_id], at=clock.now())

    def _deactivate(self) -> None:
        with worlds.bypassing_commands():
            User.objects.filter(id=self.alice.user_id).update(is_active=False)

    def _suspend_customer(self) -> None:
        with worlds.bypassing_commands():
            Organization.objects.filter(id=self.world.koskela.id).update(status="closed")

    def _id_token(self, words: list[str]) -> str:
        now = int(clock.now().timestamp())
        name = next((word for word in words if word in HOST), "shop")
        age = HOUR if "expired" in words else 0
        claims = {
            "iss": "https://evil.example" if {"iss", "issuer"} & set(words) else oidc_browser.ISSUER,
            "aud": f"corpus-{name}",
            "sub": str((self.bob if "bob" in words else self.alice).user_id),
            "iat": now - age,
            "exp": now - age + 300,
        }
        if "none" in words:
            return jwt.encode(claims, "", "none")
        if {"forged", "other", "key", "wrong"} & set(words):
            return jwt.encode(
                claims,
                rsa.generate_private_key(65537, 2048),
                "RS256",
                {"kid": signing_keys.signing_keys()[0].kid},
            )
        return signing_keys.sign(claims=claims)
