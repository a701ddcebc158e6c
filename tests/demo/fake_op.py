"""An OpenID Provider in one file, that approves everybody and lies on request."""

import base64
import contextlib
import dataclasses
import hashlib
import hmac
import http.server
import json
import secrets
import threading
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import algorithms

CLIENT_SECRET = "a-secret-of-the-client"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
Claims = dict[str, Any]


class Key:
    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def jwk(self) -> Claims:
        described: Claims = algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**described, "kid": self.kid, "use": "sig", "alg": "RS256"}

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


@dataclasses.dataclass(kw_only=True)
class Lie:
    """What the next token says instead of the truth; a claim of None is left out."""

    claims: Claims = dataclasses.field(default_factory=dict)
    header: Claims = dataclasses.field(default_factory=dict)
    key: Key | None = None
    algorithm: str = "RS256"


class FakeOp:
    """`person` are the claims of whoever signs in next; `asked` are the authorization requests that came."""

    def __init__(self, port: int = 0) -> None:
        self.key = Key("first")
        self.person: Claims = {}
        self.lie = Lie()
        self.error = ""
        self.asked: list[dict[str, str]] = []
        self.jwks_fetched = 0
        self._codes: dict[str, dict[str, str]] = {}
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler(self))
        self.url = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextlib.contextmanager
    def lying(self, lie: Lie) -> Iterator[None]:
        self.lie = lie
        try:
            yield
        finally:
            self.lie = Lie()

    def discovery(self) -> Claims:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Give the address that the browser is sent back to."""
        self.asked.append(asked)
        answer = {"state": asked["state"], "iss": self.url}
        if self.error:
            answer |= {"error": "access_denied", "error_description": self.error}
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self._codes[answer["code"]] = asked
        return f"{asked['redirect_uri']}?{urllib.parse.urlencode(answer)}"

    def token(self, form: dict[str, str], authorization: str) -> Claims | None:
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or form.get("redirect_uri") != asked["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
            or authorization != basic(asked["client_id"])
        ):
            return None
        claims = self._claims(asked)
        signed = self.sign(claims, typ="JWT", lie=self.lie)
        return {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "id_token": signed}

    def _claims(self, asked: dict[str, str]) -> Claims:
        now = int(time.time())
        times = {"iat": now, "exp": now + 300, "auth_time": now}
        return {"iss": self.url, "aud": asked["client_id"], **times, "nonce": asked["nonce"], **self.person}

    def logout_token(self, *, client_id: str, lie: Lie | None = None, **who: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": client_id,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "events": {EVENT: {}},
            **who,
        }
        return self.sign(claims, typ="logout+jwt", lie=lie or Lie())

    def sign(self, claims: Claims, *, typ: str, lie: Lie) -> str:
        key = lie.key or self.key
        said = {name: value for name, value in {**claims, **lie.claims}.items() if value is not None}
        header = {"typ": typ, "kid": key.kid, **lie.header}
        if lie.algorithm != "RS256":
            return unsigned_or_hmac(header, said, lie.algorithm, key)
        return jwt.encode(said, key.private, algorithm="RS256", headers=header)


def unsigned_or_hmac(header: Claims, claims: Claims, algorithm: str, key: Key) -> str:
    """Forge by hand what a library refuses to make: no signature, or the public key as an HMAC secret."""
    parts = [part(json.dumps({**header, "alg": algorithm}).encode()), part(json.dumps(claims).encode())]
    body = ".".join(parts)
    mac = hmac.digest(key.public_pem, body.encode(), "sha256") if algorithm == "HS256" else b""
    return f"{body}.{part(mac)}"


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def basic(client_id: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{CLIENT_SECRET}".encode()).decode()


def handler(op: FakeOp) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path == "/authorize":
                self.send_response(302)
                self.send_header("Location", op.authorize(dict(urllib.parse.parse_qsl(query))))
                self.end_headers()
            elif path == "/jwks":
                op.jwks_fetched += 1
                self._json({"keys": [op.key.jwk]})
            elif path == "/.well-known/openid-configuration":
                self._json(op.discovery())
            else:
                self._json({}, 404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = op.token(dict(urllib.parse.parse_qsl(body)), self.headers.get("Authorization", ""))
            self._json(answer or {"error": "invalid_grant"}, 200 if answer else 400)

        def _json(self, value: object, status: int = 200) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    return Handler
