"""Five services that hear logouts and two SCIM targets in one process, with their own records of each.

`python -m bench.receiver PORT ISSUER`. Paths: /rp/<n>/logout, /scim/<n>/Users[/<id>], /records. Times are those of
CLOCK_MONOTONIC, which all processes of one machine share. Logout tokens are verified as any service would.
"""

import asyncio
import json
import sys
import time
import urllib.request
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt

Answer = tuple[int, Any]


class Receiver:
    """What was received, in memory."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.keys: dict[str, Any] = {}
        self.users: dict[str, dict[str, dict[str, Any]]] = {}
        self.records: list[tuple[str, str, int]] = []

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """Return the status and JSON of one request."""
        parts = urlsplit(target)
        words = parts.path.strip("/").split("/")
        if words[0] == "rp":
            return self._logout(words[1], body)
        if words[0] == "scim":
            query_filter = parse_qs(parts.query).get("filter", [""])[0]
            return self._scim(method, words[1], (words[3:] and unquote(words[3])) or "", query_filter, body)
        if words[0] == "records":
            return 200, self.records[int(parse_qs(parts.query).get("from", ["0"])[0]) :]
        return 404, {}

    def _logout(self, number: str, body: bytes) -> Answer:
        token = parse_qs(body.decode())["logout_token"][0]
        claims = jwt.decode(token, self._key(token), algorithms=["RS256"], options={"verify_aud": False})
        self._record(f"rp{number}", str(claims["sub"]))
        return 200, {}

    def _key(self, token: str) -> Any:
        kid = jwt.get_unverified_header(token)["kid"]
        if kid not in self.keys:
            key_set = _read(_read(f"{self.issuer}/.well-known/openid-configuration")["jwks_uri"])
            self.keys = {key["kid"]: jwt.PyJWK(key).key for key in key_set["keys"]}
        return self.keys[kid]

    def _scim(self, method: str, number: str, user: str, query_filter: str, body: bytes) -> Answer:
        records = self.users.setdefault(number, {})
        if method == "POST":
            created = {**json.loads(body), "id": str(len(records) + 1)}
            records[created["id"]] = created
            return 201, created
        if not user:
            external_id = query_filter.rpartition(" ")[2].strip('"')
            hits = [record for record in records.values() if record.get("externalId") == external_id]
            return 200, {"totalResults": len(hits), "Resources": hits}
        if user not in records:
            return 404, {"status": "404"}
        if method == "PATCH":
            self._patch(records[user], json.loads(body))
            self._record(f"scim{number}", str(records[user].get("externalId", user)), records[user])
        elif method == "PUT":
            records[user] = {**json.loads(body), "id": user}
            self._record(f"scim{number}", str(records[user].get("externalId", user)), records[user])
        return 200, records[user]

    def _patch(self, user: dict[str, Any], body: dict[str, Any]) -> None:
        for operation in body["Operations"]:
            if path := operation.get("path"):
                user[path] = operation.get("value")
            else:
                user |= operation["value"]

    def _record(self, where: str, who: str, user: dict[str, Any] | None = None) -> None:
        if user is None or user.get("active") is False:
            self.records.append((where, who, time.monotonic_ns()))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, which stays open."""
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split(" ", 2)
                length = 0
                while (header := await reader.readline()) not in {b"\r\n", b""}:
                    name, _, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                body = await reader.readexactly(length) if length else b""
                status, content = self.answer(method, target, body)
                data = json.dumps(content).encode()
                kind = b"Content-Type: application/scim+json\r\n"
                head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n".encode()
                writer.write(head + kind + b"\r\n" + data)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def _read(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
        return json.load(answer)


async def main(port: int, issuer: str) -> None:
    """Serve until killed."""
    receiver = Receiver(issuer)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
