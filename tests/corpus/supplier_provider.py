"""The supplier's identity provider of the corpus: it returns the token that a line describes.

It answers inside the process, because its issuer is an address that does not exist.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

from portal.signin.staff.configuration import Configuration
from portal.signin.staff.provider import Provider
from provisioning.http.reply import Reply
from tests.fixtures import fake_provider, staff_provider
from tests.fixtures.fake_provider import Key

ISSUER = "https://idp.supplier.example"
CUSTOMERS_ISSUER = "https://idp.acme.example"
GROUPS = {"staff-1": ["kh-support"]}
"""Sam is the only one in a group that is mapped to a role."""
K1, OTHER = Key("k1"), Key("k1")
NOW = re.compile(r"now([+-]\d+)?")
SETTING = staff_provider.setting_of(ISSUER)


class SupplierProvider:
    """Answers the requests of the portal; `values` are the placeholders of the sign-in under way."""

    def __init__(self, described: Mapping[str, Any] | None, at: int) -> None:
        self.described, self.at = described, at
        self.values: dict[str, str] = {"rp_client_id": staff_provider.CLIENT_ID, "rp_code": "code-1"}
        self.asked: list[str] = []
        self.provider = Provider(Configuration(**SETTING), transport=self)

    def request(
        self, *, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": ISSUER,
                **{f"{name}_endpoint": f"{ISSUER}/{name}" for name in ("authorization", "token", "userinfo")},
                "jwks_uri": f"{ISSUER}/jwks",
            },
            "/jwks": {"keys": [K1.jwk]},
        }
        self.asked.append(url)
        path = urlsplit(url).path
        if path == "/token" and self.described and parse_qs((body or b"").decode())["code"] == ["code-1"]:
            documents["/token"] = {"access_token": "at", "token_type": "Bearer", "id_token": self.token()}
        if path == "/userinfo":
            documents["/userinfo"] = self._userinfo()
        found = documents.get(path)
        return Reply(200 if found else 400, {}, json.dumps(found or {"error": "invalid_grant"}).encode())

    def token(self) -> str:
        """Sign the described token, as wrongly as it is described."""
        assert self.described is not None
        header = {name: value for name, value in self.described["header"].items() if value is not None}
        algorithm, key = str(header.pop("alg", "")), self.described["key"]
        claims = self.filled(self.described["claims"])
        if key in {"k1", "other_key"} and algorithm == "RS256":
            return _signed(claims, header, K1 if key == "k1" else OTHER)
        return fake_provider.unsigned_or_hmac(header, claims, algorithm, K1)

    def _userinfo(self) -> dict[str, Any]:
        assert self.described is not None
        said: dict[str, Any] = self.filled(self.described.get("userinfo") or self.described["claims"])
        return {**said, "groups": GROUPS.get(str(said.get("sub")), [])}

    def filled(self, value: Any) -> Any:
        """Replace placeholders and instants."""
        if isinstance(value, str):
            if (instant := NOW.fullmatch(value)) is not None:
                return self.at + int(instant[1] or 0)
            return re.sub(r"\{\{(\w+)\}\}", lambda found: self.values[found[1]], value)
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        return (
            {name: self.filled(one) for name, one in value.items()} if isinstance(value, Mapping) else value
        )


def _signed(claims: dict[str, Any], header: dict[str, Any], key: Key) -> str:
    return jwt.encode(claims, key.private, algorithm="RS256", headers=header)
