"""The people, clients and secrets that the corpus' placeholders name (`placeholders`)."""

import base64
import contextlib
import datetime as dt
import secrets as random_secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from allauth.idp.oidc.models import Client as ProtocolClient
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client as Browser

from audit.foundation import clock
from identity import lifecycle, machine_secrets, revocation, signing_keys
from identity.clients.models import Application, Client
from identity.grants import retries, tokens
from identity.grants.models import AccessToken, AuthorizationCode, TokenFamily
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people.models import User
from identity.sessions.models import Session
from portal.oidc import metadata
from tests.corpus import placeholders
from tests.corpus.placeholders import CLIENTS, Secret, UnknownPlaceholder
from tests.fixtures import bypass, oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.grants import CHALLENGE, VERIFIER
from tests.fixtures.world import World

HOUR = 3600
PREFIXES = {"code": "khc", "access": "kha", "refresh": "khr"}


class Cast:
    """Resolves the placeholders of one line of the corpus; each is created when it is first named."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.alice: Membership = world.olli
        self.bob: Membership = world.vilma
        self.secrets = {name: machine_secrets.generate(prefix="khs") for name in CLIENTS}
        self.known: dict[str, str] = {}
        with worlds.bypassing_commands():
            for name in CLIENTS:
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
        return f"https://{CLIENTS[name]}.example.test/cb"

    def browser(self, session: str) -> Browser:
        """The browser that a line begins in."""
        if session == "none":
            return BrowserClient()
        if session == "person_of_suspended_customer":
            self._suspend_customer()
        browser = signed_in.browser(self.alice, ago=2 * HOUR if session == "alice_old" else 1)
        if session == "alice_deactivated":
            self._deactivate(self.alice)
        return browser

    def filled(self, value: Any) -> Any:
        """The value with its placeholders resolved. Raises UnknownPlaceholder."""
        if isinstance(value, str):
            return placeholders.fill(value, self.resolved)
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, Mapping):
            return {name: self.filled(one) for name, one in value.items()}
        return value

    def resolved(self, name: str) -> str:
        """What a placeholder stands for. Raises UnknownPlaceholder."""
        if name not in self.known:
            self.known[name] = self._made(name)
        return self.known[name]

    def _made(self, name: str) -> str:
        known = {"verifier": VERIFIER, "challenge": CHALLENGE}
        for client in CLIENTS:
            known |= {f"{client}_id": f"corpus-{client}", f"{client}_secret": self.secrets[client]}
        if name in known:
            return known[name]
        if name.endswith(("_endpoint", "_uri")):
            return self._endpoint(name)
        secret = placeholders.parse(name)
        makers: dict[str, Callable[[Secret], str]] = {
            "id_token": self._id_token,
            "basic": self._basic,
            "code": self._code,
            "access": self._access,
            "refresh": self._refresh,
        }
        if "unknown" in secret and secret.kind in PREFIXES:
            return f"{PREFIXES[secret.kind]}_{random_secrets.token_urlsafe(32)}"
        return makers[secret.kind](secret)

    def _endpoint(self, name: str) -> str:
        document = Browser(headers={"host": "localhost"}).get(metadata.DISCOVERY).json()
        assert name in document, f"discovery names no {name}"
        return str(document[name]).removeprefix(oidc_browser.ISSUER)

    def _basic(self, secret: Secret) -> str:
        given = "wrong" if "wrong" in secret else self.secrets[secret.client]
        name = "nobody" if "unknown" in secret else f"corpus-{secret.client}"
        pair = f"{name}:{'' if 'empty' in secret else given}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _who(self, secret: Secret) -> Membership:
        return self.bob if secret.person == "bob" else self.alice

    @contextlib.contextmanager
    def _switched_on(self, secret: Secret) -> Iterator[None]:
        """What a client that is switched off has was issued before."""
        is_active = secret.client != "disabled"
        with worlds.bypassing_commands():
            Client.objects.filter(protocol=f"corpus-{secret.client}").update(is_active=True)
        yield
        with worlds.bypassing_commands():
            Client.objects.filter(protocol=f"corpus-{secret.client}").update(is_active=is_active)

    def _code(self, secret: Secret) -> str:
        with self._switched_on(secret):
            code = self._new_code(secret)
            if {"used", "replayed"} & secret.differences:
                self._exchange(code, secret)
            if "replayed" in secret:
                self._exchange(code, secret)
        self._afterwards(secret, code)
        return code

    def _new_code(self, secret: Secret) -> str:
        asked = {
            "client_id": f"corpus-{secret.client}",
            "redirect_uri": self.address(secret.client),
            "nonce": "n-123",
            **({"code_challenge": None, "code_challenge_method": None} if "pkce" in secret else {}),
            **({"scope": "openid crm.read"} if secret.client == "crm" else {}),
        }
        if "pkce" in secret:
            with worlds.bypassing_commands():
                Client.objects.filter(protocol=f"corpus-{secret.client}").update(requires_pkce=False)
        response = oidc_browser.authorize(signed_in.browser(self._who(secret)), **asked)
        target = str(response.headers.get("Location", ""))
        if response.status_code == 200 and secret.client == "crm":
            target = self._consented(self._who(secret), asked)
        return parse_qs(urlsplit(target).query).get("code", ["khc_refused"])[0]

    def _consented(self, who: Membership, asked: Mapping[str, str | None]) -> str:
        body = urlencode({**oidc_browser.AUTHORIZATION_REQUEST, **asked, "decision": "grant"})
        response: Any = signed_in.browser(who).post(
            metadata.CONSENT, body, "application/x-www-form-urlencoded"
        )
        return str(response.context["target_url"])

    def _exchange(self, code: str, secret: Secret) -> dict[str, str]:
        body = {"grant_type": "authorization_code", "code": code}
        verifier = {} if "pkce" in secret else {"code_verifier": VERIFIER}
        return self.token({**body, **verifier, "redirect_uri": self.address(secret.client)}, secret.client)

    def token(self, body: Mapping[str, str], name: str = "shop") -> dict[str, str]:
        """What the token endpoint answers this client."""
        public = {"client_id": "corpus-app"} if name == "app" else {}
        headers = {} if name == "app" else {"Authorization": self._basic(placeholders.parse(f"basic_{name}"))}
        found: dict[str, str] = oidc_browser.post(metadata.TOKEN, {**body, **public}, headers).json()
        return found

    def _rotated(self, refresh: str, secret: Secret, **more: str) -> dict[str, str]:
        body = {"grant_type": "refresh_token", "refresh_token": refresh, **more}
        return self.token(body, secret.client)

    def _tokens(self, secret: Secret) -> tuple[dict[str, str], dict[str, str]]:
        """The tokens of a new code, and those of their rotation, after what the name says."""
        with self._switched_on(secret):
            code = self._new_code(secret)
            first = newest = self._exchange(code, secret)
            assert "refresh_token" in first, first
            if "code" in secret:
                self._exchange(code, secret)
            elif {"used", "replayed", "newest"} & secret.differences:
                newest = self._rotated(first["refresh_token"], secret)
                if "replayed" in secret:
                    # Earlier, an authenticated client would only repeat its request.
                    worlds.move_clock_to(clock.now() + retries.WINDOW)
                    self._rotated(first["refresh_token"], secret)
        return first, newest

    def _access(self, secret: Secret) -> str:
        if "openid" in secret:
            pair, _ = self._tokens(secret)
            return self._rotated(pair["refresh_token"], secret, scope="profile")["access_token"]
        if {"used", "replayed", "code", "refresh"} & secret.differences and not (
            {"used", "replayed", "revoked"} & secret.differences and {"code", "refresh"} & secret.differences
        ):
            raise UnknownPlaceholder(f"access {sorted(secret.differences)}")
        first, _ = self._tokens(secret)
        if not secret.differences:
            self._remember(secret, first)
        self._afterwards(secret, first["refresh_token" if "refresh" in secret else "access_token"])
        return first["access_token"]

    def _refresh(self, secret: Secret) -> str:
        if "code" in secret and not {"used", "replayed"} & secret.differences:
            raise UnknownPlaceholder(f"refresh {sorted(secret.differences)}")
        first, newest = self._tokens(secret)
        if not secret.differences:
            self._remember(secret, first)
        chosen = (newest if "newest" in secret else first)["refresh_token"]
        self._afterwards(secret, chosen)
        return chosen

    def _remember(self, secret: Secret, pair: Mapping[str, str]) -> None:
        """`{{access}}` and `{{refresh}}` of one line are of one grant."""
        if (secret.client, secret.person) == ("shop", "alice"):
            self.known |= {"access": pair["access_token"], "refresh": pair["refresh_token"]}

    def _afterwards(self, secret: Secret, made: str) -> None:
        """What happened to the secret, or to what it stands on, since it was made."""
        client, who = f"corpus-{secret.client}", self._who(secret)
        happened: dict[str, Callable[[], object]] = {
            "expired": lambda: self._expire(AuthorizationCode, AccessToken, TokenFamily),
            "over": lambda: self._expire(TokenFamily),
            "revoked": lambda: tokens.revoke(token=made, client=client),
            "deactivated": lambda: self._deactivate(who),
            "removed": lambda: self._remove(who),
            "suspended": self._suspend_customer,
            "reset": lambda: self._reset(who),
            "signed_out": lambda: self._sign_out(who),
        }
        for difference, call in happened.items():
            if difference in secret:
                call()

    def _expire(self, *models: Any) -> None:
        past = clock.now() - dt.timedelta(seconds=1)
        for model in models:
            bypass.update(model.objects.all(), expires_at=past)

    def _remove(self, who: Membership) -> None:
        with worlds.bypassing_commands():
            lifecycle.end(memberships=[who.id], at=clock.now())

    def _reset(self, who: Membership) -> None:
        with worlds.bypassing_commands():
            revocation.revoke_users(users=[who.user_id], at=clock.now())

    def _sign_out(self, who: Membership) -> None:
        with worlds.bypassing_commands():
            for session in Session.objects.filter(user=who.user_id).values_list("session_key", flat=True):
                revocation.revoke_session(user=who.user_id, session_key=session, at=clock.now())

    def _deactivate(self, who: Membership) -> None:
        with worlds.bypassing_commands():
            User.objects.filter(id=who.user_id).update(is_active=False)

    def _suspend_customer(self) -> None:
        with worlds.bypassing_commands():
            Organization.objects.filter(id=self.world.koskela.id).update(status="closed")

    def _id_token(self, secret: Secret) -> str:
        now = int(clock.now().timestamp())
        age = HOUR if "expired" in secret else 0
        claims = {
            "iss": "https://evil.example" if "issuer" in secret else oidc_browser.ISSUER,
            "aud": "nobody" if "audience" in secret else f"corpus-{secret.client}",
            "sub": str(self._who(secret).user_id),
            "iat": now - age,
            "exp": now - age + 300,
        }
        if "unsigned" in secret:
            return jwt.encode(claims, "", "none")
        if "key" in secret or ("wrong" in secret and not {"issuer", "audience"} & secret.differences):
            other, kid = rsa.generate_private_key(65537, 2048), signing_keys.signing_keys()[0].kid
            return jwt.encode(claims, other, "RS256", {"kid": kid})
        return signing_keys.sign(claims=claims)
