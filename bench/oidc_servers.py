"""Both OpenID Providers run on one PostgreSQL with two processes each, with the same clients and as many grants."""

import base64
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from bench import database
from bench.setup import free_port, issue_tokens, session_cookie
from bench.wrk import Operation
from portal import embedded_postgres

if TYPE_CHECKING:
    from tests.fixtures.world import World

HERE = pathlib.Path(__file__).parent / "oidc_provider"
INSTALLED = database.ROOT / "var" / "bench" / "oidc_provider"
WORKERS = 2
PEER_SECRET = "bench-secret-0123456789abcdef0123456789"  # noqa: S105 - of a bench on loopback
API = "https://api.example.test/"
_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """Describes a running provider; `processes` are those whose processor time is its own."""

    name: str
    port: int
    operations: dict[str, Operation]
    refresh_tokens: list[str]
    processes: list[int]


@contextlib.contextmanager
def both(*, refresh_tokens: int) -> Iterator[tuple[Server, Server]]:
    """Start the product and its peer, and check one answer of each operation. Needs node, npm and wrk."""
    for program in ("node", "npm", "wrk"):
        if shutil.which(program) is None:
            message = f"{program} is missing"
            raise RuntimeError(message)
    port = free_port()
    os.environ |= {"KEYHOLDER_ISSUER": f"http://localhost:{port}", "KEYHOLDER_LOG_LEVEL": "ERROR"}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(database.installation())
        database.emit("settings", **database.settings_of(server.url_of(embedded_postgres.APP)))
        postgres = _postmaster(server.url_of(embedded_postgres.OWNER))
        product = stack.enter_context(_product(port, refresh_tokens, postgres))
        peer = stack.enter_context(_peer(server.url_of(embedded_postgres.OWNER), refresh_tokens, postgres))
        for one in (product, peer):
            _check(one)
        yield product, peer


def _postmaster(url: str) -> int:
    """Return the parent of a backend."""
    with psycopg.connect(url) as connection:
        (backend,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
        return int(pathlib.Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


@contextlib.contextmanager
def _product(port: int, count: int, postgres: int) -> Iterator[Server]:
    from tests.fixtures import staff_users
    from tests.fixtures.world import World

    world = World()
    owner = staff_users.enrolled().pk
    secrets = {algorithm: _client(world, algorithm, owner) for algorithm in ("RS256", "ES256")}
    access, refresh = _grants(world, count)
    operations = _operations(
        host=f"localhost:{port}",
        basic=_basic("bench-rs256", secrets["RS256"]),
        es256=_basic("bench-es256", secrets["ES256"]),
        access=access,
        paths=("/oauth/token", "/oauth/introspect", "/oauth/userinfo", "/oauth/jwks.json"),
        scope="",
    )
    command = [sys.executable, "-m", "portal.front", "--port", str(port), "--workers", str(WORKERS)]
    with _running(command, port, {"KEYHOLDER_CLOCK_OFFSET_FILE": ""}) as process:  # as in production
        yield Server("keyholder", port, operations, refresh, [process.pid, postgres])


def _client(world: "World", algorithm: str, owner: uuid.UUID) -> str:
    """Register a client with both grants, and return its secret."""
    from delegation.applications import clients, new_client
    from identity.clients.models import Application

    key = f"bench-{algorithm.lower()}"
    client = new_client.NewClient(
        client_id=key,
        name=key,
        redirect_uris=["https://client.example/cb"],
        program=True,
        resources=[API + algorithm.lower()],
        token_algorithm=algorithm,
        owner=owner,
    )
    application = Application.objects.get(key="ordering")
    made = clients.register(actor=world.system, application=application, client=client)
    return made.result.secret


def _grants(world: "World", count: int) -> tuple[str, list[str]]:
    from identity.clients.models import Client

    client = Client.objects.get(protocol="bench-rs256")
    pairs = issue_tokens(world.mikko, [client] * count, session_cookie(world.mikko), scopes="openid email")
    return pairs[0][0], [refresh for _access, refresh in pairs]


@contextlib.contextmanager
def _peer(url: str, count: int, postgres: int) -> Iterator[Server]:
    from tests.fixtures import node_provider

    node_provider.install(HERE, INSTALLED)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA peer")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PORT": str(port),
            "INSTALLED": str(INSTALLED),
            "FOLDER": folder,
            "DATABASE": url,
            "SEEDS": str(count),
            "WORKERS": str(WORKERS),
            "NODE_ENV": "production",
        }
        with _running(["node", str(HERE / "provider.mjs")], port, environment) as process:
            seeds = json.loads((pathlib.Path(folder) / "seeds.json").read_text(encoding="utf-8"))
            basic = _basic("bench", PEER_SECRET)
            operations = _operations(
                host=f"127.0.0.1:{port}",
                basic=basic,
                es256=basic,
                access=seeds["access"][0],
                paths=("/token", "/token/introspection", "/me", "/jwks"),
                scope="&scope=api",
            )
            yield Server("oidc-provider", port, operations, seeds["refresh"], [process.pid, postgres])


def _operations(
    *, host: str, basic: str, es256: str, access: str, paths: tuple[str, str, str, str], scope: str
) -> dict[str, Operation]:
    """Describe the work that both are given."""
    token, introspect, userinfo, jwks = paths
    own = ("Host", host)
    secret, bearer = ("Authorization", basic), ("Authorization", f"Bearer {access}")
    program = f"grant_type=client_credentials{scope}&resource={API}"
    return {
        "client_credentials_rs256": Operation(token, f"{program}rs256", (own, _FORM, secret)),
        "client_credentials_es256": Operation(
            token, f"{program}es256", (own, _FORM, ("Authorization", es256))
        ),
        "refresh": Operation(token, "grant_type=refresh_token&refresh_token=", (own, _FORM, secret)),
        "introspection": Operation(introspect, f"token={access}", (own, _FORM, secret)),
        "userinfo": Operation(userinfo, headers=(own, bearer)),
        "discovery": Operation("/.well-known/openid-configuration", headers=(own,)),
        "jwks": Operation(jwks, headers=(own,)),
    }


def _basic(client: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()


def _check(server: Server) -> None:
    """Compare one answer of each operation with what it must have."""
    wanted = {
        "client_credentials_rs256": ["access_token"],
        "client_credentials_es256": ["access_token"],
        "refresh": ["access_token", "refresh_token", "id_token"],
        "introspection": ["active", "sub"],
        "userinfo": ["sub", "email"],
        "discovery": ["token_endpoint"],
        "jwks": ["keys"],
    }
    for name, operation in server.operations.items():
        body = operation.body + (server.refresh_tokens.pop() if operation.is_chain else "")
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}{operation.path}",
            data=body.encode() if body else None,
            headers=dict(operation.headers),
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            found: dict[str, Any] = json.load(answer)
        signed = name.rpartition("_")[2].upper()
        header = str(found.get("access_token", "")).partition(".")[0]
        algorithm = (
            json.loads(base64.urlsafe_b64decode(header + "==")) if signed in {"RS256", "ES256"} else {}
        )
        if any(not found.get(field) for field in wanted[name]) or algorithm.get("alg", signed) != signed:
            message = f"{server.name} {name}: {found}"
            raise RuntimeError(message)


@contextlib.contextmanager
def _running(
    command: list[str], port: int, environment: dict[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command, cwd=database.ROOT, env={**os.environ, **environment}, stderr=subprocess.DEVNULL
    )
    try:
        _await_answer(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _await_answer(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError):
            address = f"http://127.0.0.1:{port}/.well-known/openid-configuration"
            urllib.request.urlopen(address, timeout=5).close()
            return
        time.sleep(0.1)
    message = "a provider does not start"
    raise RuntimeError(message)
