"""The one reader of addresses, JSON and credentials returns nothing for what it cannot read."""

import base64
import json

import pytest
from django.urls import reverse

from portal.http import request_data
from tests.fixtures.browser_client import LOGIN, BrowserClient
from tests.fixtures.world import World

DEEP = "[" * 200_000


@pytest.mark.parametrize(
    "text",
    ["http://[", "http://[::1", "//[x]/", "http://x:99999/", "http://x:a/", "/" + "x" * request_data.MAX_URL],
)
def test_malformed_address_has_no_parts(text: str) -> None:
    assert request_data.split_url(text) is None


def test_address_has_its_parts() -> None:
    parts = request_data.split_url("https://id.example/o/koskela?x=1")
    assert parts is not None
    assert (parts.path, parts.query) == ("/o/koskela", "x=1")


def test_query_values_of_an_unreadable_query_are_empty() -> None:
    assert request_data.query_values("a=1&a=2&b=3", "a") == ["1", "2"]
    assert request_data.query_values("&".join(f"a{n}=1" for n in range(101)), "a1") == []
    assert request_data.query_values("a=" + "x" * request_data.MAX_URL, "a") == []


@pytest.mark.parametrize(
    "text",
    [
        DEEP,
        '{"a":' * 21 + "1" + "}" * 21,
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": [-1e999]}',
        '{"a": 1' + "0" * 5_000 + "}",
        '{"a": "\\ud800"}',
        '{"a": "\\u0000"}',
        '{"a": "' + "x" * request_data.MAX_JSON + '"}',
        "[]",
        "{",
        "",
    ],
)
def test_unreadable_json_has_no_object(text: str) -> None:
    assert request_data.json_object(text) is None


def test_json_object_with_brackets_in_its_texts_is_read() -> None:
    value = {"a": "[" * 100 + '\\"{', "b": {"c": [1, None, "ä"]}}
    assert request_data.json_object(json.dumps(value)) == value


def test_basic_credentials_are_decoded_twice() -> None:
    header = f"Basic {base64.b64encode(b'shop:a%3Ab').decode()}"
    assert request_data.basic_credentials(header) == ("shop", "a:b")


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic =", "Basic /w==", "Basic YQ==", "Bearer YTpi", "Basic " + "A" * 5_000]
)
def test_malformed_basic_header_has_no_credentials(header: str) -> None:
    assert request_data.basic_credentials(header) is None


@pytest.mark.parametrize("current", ["http://[", "http://x:99999/", "x" * 5_000])
def test_malformed_current_url_of_htmx_leads_to_the_sign_in_page(world: World, current: str) -> None:
    answer = BrowserClient().get("/", headers={"HX-Request": "true", "HX-Current-URL": current})
    assert answer["HX-Redirect"] == LOGIN


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


CLIENT_DATA = json.dumps({"type": "webauthn.get", "challenge": "YQ", "origin": "http://localhost"}).encode()
DEEP_CBOR = b"\x81" * 10_000
AUTHENTICATOR_DATA = bytes(32) + b"\xc5" + bytes(4) + bytes(16) + bytes(2) + DEEP_CBOR
"""With an attested credential (flags UP, UV, AT, ED), the public key of which is nested."""


@pytest.mark.parametrize("client_data", [CLIENT_DATA, DEEP[:10_000].encode()], ids=["CBOR", "JSON"])
@pytest.mark.parametrize("route", ["mfa_login_webauthn", "mfa_authenticate"])
def test_deeply_nested_passkey_credential_is_an_error_of_the_form(
    world: World, route: str, client_data: bytes
) -> None:
    browser = BrowserClient()
    browser.password(world.aino.user)
    browser.get(reverse("mfa_login_webauthn"), headers={"X-Requested-With": "XMLHttpRequest"})
    response = {
        "clientDataJSON": encoded(client_data),
        "authenticatorData": encoded(AUTHENTICATOR_DATA),
        "signature": "YQ",
    }
    valid = json.dumps({"id": "YQ", "rawId": "YQ", "type": "public-key", "response": response})
    assert request_data.json_object(valid) is not None
    for credential in (DEEP, valid):
        assert browser.post(reverse(route), {"credential": credential}).status_code in {200, 302}
