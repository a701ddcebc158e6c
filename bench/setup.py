"""The installation has leavers, two web processes, `deliver`, five services and two SCIM targets, all real."""

import contextlib
import functools
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bench import database
from portal import embedded_postgres

if TYPE_CHECKING:
    from identity.clients.models import Client
    from identity.memberships.models import Membership
    from identity.organizations.models import Organization
    from tests.fixtures.world import World

SERVICES = 5
TARGETS = 2
AMR = ["pwd", "otp", "mfa"]
_CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
_ONCE = re.compile(rb'name="idempotency_key"[^>]*value="([^"]+)"')


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Leaver:
    """The leaver has a browser session and, for each service, an access and a refresh token."""

    membership: uuid.UUID
    user: uuid.UUID
    cookie: str
    access: tuple[str, ...]
    refresh: tuple[str, ...]


@dataclass
class Installation:
    """Everything that runs, and how to speak with it."""

    world: "World"
    organization: "Organization"
    ports: list[int]
    receivers: int
    secrets: dict[str, str]
    admin: str = ""
    owner_url: str = ""
    """The database as its owner."""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def call(
        self,
        port: int,
        method: str,
        path: str,
        *,
        cookie: str = "",
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes, dict[str, str]]:
        """Send one request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        request_headers = {
            "Host": f"localhost:{self.ports[0]}",
            **({"Cookie": cookie} if cookie else {}),
            **(headers or {}),
        }
        body = urlencode(form) if form is not None else None
        if form is not None:
            request_headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, request_headers)
        answer = connection.getresponse()
        data, got = answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        connection.close()
        return answer.status, data, got

    def records(self, since: int) -> list[tuple[str, str, int]]:
        """What the receivers have written down from that place on."""
        connection = http.client.HTTPConnection("127.0.0.1", self.receivers, timeout=30)
        connection.request("GET", f"/records?from={since}")
        records: list[tuple[str, str, int]] = json.loads(connection.getresponse().read())
        connection.close()
        return records

    def removal(self, leaver: Leaver) -> tuple[dict[str, str], str]:
        """The filled-in form of a leaver's removal and the cookies it goes with, as a browser would have them."""
        path = self.path(leaver)
        status, page, headers = self.call(self.ports[0], "GET", path, cookie=self.admin)
        if status != http.client.OK:
            message = f"{path} answered {status}"
            raise RuntimeError(message)
        csrf = headers.get("set-cookie", "").partition(";")[0]
        token, once = _CSRF.search(page), _ONCE.search(page)
        form = {"csrfmiddlewaretoken": _text(token), "idempotency_key": _text(once), "reason": "left"}
        return form, f"{self.admin}; {csrf}"

    def path(self, leaver: Leaver) -> str:
        """Where a leaver is removed."""
        return f"/o/{self.organization.key}/people/{leaver.membership}/remove"

    def introspect(self, port: int, leaver: Leaver, number: int) -> bool:
        """Whether the portal says that this access token is good."""
        status, body, _ = self.call(
            port,
            "POST",
            self.endpoints["introspection_endpoint"],
            form={"token": leaver.access[number], **self._client(number)},
        )
        return status == http.client.OK and bool(json.loads(body)["active"])

    def refresh(self, port: int, leaver: Leaver, number: int) -> int:
        """The status with which a refresh is answered."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": leaver.refresh[number],
            **self._client(number),
        }
        return self.call(port, "POST", self.endpoints["token_endpoint"], form=form)[0]

    def _client(self, number: int) -> dict[str, str]:
        name = f"bench{number}"
        return {"client_id": name, "client_secret": self.secrets[name]}

    @functools.cached_property
    def endpoints(self) -> dict[str, str]:
        """Paths from discovery, read once."""
        _, body, _ = self.call(self.ports[0], "GET", "/.well-known/openid-configuration")
        metadata = json.loads(body)
        return {
            name: "/" + metadata[name].split("/", 3)[3]
            for name in ("introspection_endpoint", "token_endpoint", "userinfo_endpoint")
        }


def _text(match: "re.Match[bytes] | None") -> str:
    if match is None:
        raise RuntimeError("the removal's page lacks a field")
    return match.group(1).decode()


@contextlib.contextmanager
def installed(
    leavers: int, *, application: str = "portal.front.asgi:application"
) -> Iterator[tuple[Installation, list[Leaver]]]:
    """Build it, wait until both targets know everybody, and take it down."""
    ports, receivers = [free_port(), free_port()], free_port()
    os.environ |= {
        "KEYHOLDER_ISSUER": f"http://localhost:{ports[0]}",
        "KEYHOLDER_ALLOWED_INTERNAL_HOSTS": f"127.0.0.1:{receivers},localhost:{receivers}",
    }
    with database.installation() as server:
        installation, people = _furnish(ports, receivers, leavers)
        installation.owner_url = server.url_of(embedded_postgres.OWNER)
        database.emit("settings", **database.settings_of(server.url_of("keyholder_app")))
        try:
            _start(installation, application)
            _wait_until_known(people)
            yield installation, people
        finally:
            for process in installation.processes:
                process.terminate()
            for process in installation.processes:
                process.wait(20)


def _furnish(ports: list[int], receivers: int, leavers: int) -> tuple[Installation, list[Leaver]]:
    from bench import acts
    from tests.fixtures.world import World

    world = World()
    secrets = {f"bench{number}": _service(world, number, receivers) for number in range(SERVICES)}
    for number, key in enumerate(["ordering", "crm"]):
        _target(world, key, f"http://127.0.0.1:{receivers}/scim/{number}")
    people = acts.crowd(world, world.koskela, leavers)
    installation = Installation(world, world.koskela, ports, receivers, secrets)
    installation.admin = session_cookie(world.aino)
    return installation, [_leaver(member) for member in people]


def _service(world: "World", number: int, receivers: int) -> str:
    from delegation.applications import commands as applications_commands
    from delegation.applications import new_client

    client = new_client.NewClient(
        client_id=f"bench{number}",
        name=f"Bench {number}",
        redirect_uris=[f"https://bench{number}.example.test/cb"],
        backchannel_logout_uri=f"http://127.0.0.1:{receivers}/rp/{number}/logout",
    )
    registered = applications_commands.register_application(
        actor=world.system,
        key=f"bench{number}",
        name={"en": f"Bench {number}"},
        unit="kivisalo",
        client=client,
    )
    return registered.result.secret


def _target(world: "World", key: str, url: str) -> None:
    from identity.clients.models import Application
    from provisioning.targets import commands as targets_commands

    targets_commands.register(
        actor=world.system, application=Application.objects.get(key=key), base_url=url, token="bench"
    )


def _leaver(membership: "Membership") -> Leaver:
    from identity.clients.models import Client

    cookie = session_cookie(membership)
    clients = list(Client.objects.filter(application__key__startswith="bench").order_by("protocol_id"))
    pairs = issue_tokens(membership, clients, cookie)
    return Leaver(
        membership=membership.id,
        user=membership.user_id,
        cookie=cookie,
        access=tuple(access for access, _ in pairs),
        refresh=tuple(refresh for _, refresh in pairs),
    )


def session_cookie(membership: "Membership") -> str:
    """A browser session with two factors behind it, as signing in would leave it."""
    from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
    from allauth.account.internal.flows import login
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from identity.sessions.store import SessionStore

    store = SessionStore()
    now = time.time()
    store[SESSION_KEY] = str(membership.user_id)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = membership.user.get_session_auth_hash()
    store[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(membership.user_id)  # noqa: SLF001 - no other way
    store[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": now, "email": membership.user.email},
        {"method": "mfa", "type": "totp", "at": now},
    ]
    store.create()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


def issue_tokens(
    membership: "Membership", clients: "list[Client]", cookie: str, *, scopes: str = "openid"
) -> list[tuple[str, str]]:
    """Issue an access and a refresh token for each of these clients, in one sign-in of the session."""
    from audit.foundation import clock
    from identity import machine_secrets
    from identity.grants import signed_tokens, tokens
    from identity.grants.models import AccessToken, RefreshToken, TokenFamily
    from identity.sessions.models import SignIn

    at = clock.now()
    issued: dict[str, Any] = {
        "user_id": membership.user_id,
        "membership": membership,
        "user_epoch": 1,
        "membership_epoch": 1,
        "auth_time": at,
        "amr": AMR,
    }
    sign_in = SignIn.objects.create(
        session_key=machine_secrets.hash_secret(cookie.partition("=")[2]),
        started_at=at,
        last_seen_at=at,
        **issued,
    )
    sign_in.clients.set(set(clients))
    pairs = []
    for client in clients:
        until = at + tokens.FAMILY_LIFETIME
        family = TokenFamily.objects.create(
            client=client, sign_in=sign_in, scopes=scopes, issued_at=at, expires_at=until, **issued
        )
        refresh = signed_tokens.generate(prefix=tokens.REFRESH_PREFIX, at=at, family=family.id)
        # Issued in the future: it is valid for the whole run.
        access = signed_tokens.generate(prefix=tokens.ACCESS_PREFIX, at=until, family=family.id)
        RefreshToken.objects.create(hash=machine_secrets.hash_secret(refresh), family=family, issued_at=at)
        AccessToken.objects.create(
            hash=machine_secrets.hash_secret(access),
            family=family,
            scopes=scopes,
            issued_at=at,
            expires_at=until,
        )
        pairs.append((access, refresh))
    return pairs


def _start(installation: Installation, application: str) -> None:
    issuer = f"http://localhost:{installation.ports[0]}"
    words = [["-m", "bench.receiver", str(installation.receivers), issuer]]
    words += [["-m", "bench.serve", str(port), application] for port in installation.ports]
    words.append(["manage.py", "deliver"])
    installation.processes += [
        subprocess.Popen([sys.executable, *command], cwd=database.ROOT) for command in words
    ]
    for port in installation.ports:
        _until(
            lambda port=port: installation.call(port, "GET", "/health/live")[0] == http.client.OK,
            "a web process",
        )


def _wait_until_known(people: list[Leaver]) -> None:
    from provisioning.accounts.models import Account

    account_count = len(people) * TARGETS
    users = [leaver.user for leaver in people]
    _until(
        lambda: Account.objects.filter(user__in=users, acknowledged_active=True).count() == account_count,
        "the first deliveries",
    )


def _until(true: "Any", what: str, seconds: float = 180) -> None:
    limit = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if true():
                return
        if time.monotonic() > limit:
            message = f"waited {seconds} s for {what}"
            raise RuntimeError(message)
        time.sleep(0.1)
