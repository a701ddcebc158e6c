"""Malformed headers, queries, cookies and bodies at every address never cause a server error.

The cases are generated. Every address of the URL map gets each malformed text, in its queries or in its forms: half of
the texts in the one, half in the other, in turns; `test_malformed_fields` knows the fields of each page. What is read
before an address is known (headers, cookies, kinds of bodies) reaches an eighth of the addresses.
"""

import base64
import itertools
from collections.abc import Iterator, Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.cache import cache

from portal.oidc import metadata
from tests.fixtures import url_map
from tests.fixtures.browser_client import LOGIN, BrowserClient
from tests.fixtures.url_map import PortalWithData, Visit
from tests.fixtures.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

PARTS = 4
TURNS = 8
DEEP = "[" * 200_000
DIGITS = "9" * 5_000
TEXTS: Mapping[str, str] = {
    "broken address": "http://[",
    "port out of range": "http://localhost:99999999/",
    "host with a bracket": "http://[::1/%zz?%",
    "deep JSON": DEEP[:6_000],
    "digits": DIGITS,
    "number above bigint": str(2**70),
    "U+0000": "a\0b",
    "lone surrogate as UTF-8": "\udced\udca0\udc80",
    "not UTF-8": "\udcff\udcfe",
    "not a number": "NaN",
    "last instant": "9999-12-31T23:59:59.999999+14:00",
    "direction marks": "\u202e\u2066\ufeff",
}
HEADERS = (
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_HX_CURRENT_URL",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_ORIGIN",
    "HTTP_RANGE",
    "HTTP_REFERER",
    "HTTP_SEC_FETCH_SITE",
    "HTTP_USER_AGENT",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_REQUESTED_WITH",
    "REMOTE_ADDR",
)
DECISIVE = ("HTTP_AUTHORIZATION", "HTTP_COOKIE", "CONTENT_LENGTH", "CONTENT_TYPE")
"""Headers that end a request early; each is sent alone."""
HTMX = {"HTTP_HX_REQUEST": "true"}
FORM = "application/x-www-form-urlencoded"
PARAMETERS = (
    "next",
    "page",
    "after",
    "before",
    "from",
    "until",
    "q",
    "person",
    "site",
    "tier",
    "m",
    "list",
    "sort",
)
FIELDS = (
    "login",
    "email",
    "code",
    "credential",
    "password",
    "name",
    "session",
    "do",
    "next",
    "language",
    "m",
    "until",
)
BODIES: Mapping[str, tuple[str, bytes]] = {
    "deep JSON": ("application/json", DEEP.encode()),
    "JSON as a form": ("application/x-www-form-urlencoded", DEEP.encode()),
    "unknown charset": ("application/x-www-form-urlencoded; charset=no-such-charset", b"a=b"),
    "charset that is no text": ("application/x-www-form-urlencoded; charset=base64", b"a=b"),
    "UTF-16": ("application/x-www-form-urlencoded; charset=utf-16", "a=b".encode("utf-16")),
    "multipart without a boundary": ("multipart/form-data", b"--x\r\n"),
    "multipart with a broken part": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name"),
    "many fields": ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(2_000))),
    "not UTF-8": ("application/x-www-form-urlencoded", b"name=%ff%fe&\xff=\xfe"),
}  # fmt: skip


@pytest.fixture
def portal(world: World) -> PortalWithData:
    return PortalWithData(world)


def on_the_wire(text: str) -> str:
    """Give a header's value as WSGI does: bytes as Latin-1 (PEP 3333), without what a server refuses."""
    return text.encode("utf-8", "surrogateescape").replace(b"\0", b"").decode("latin-1")


def arguments(header: str, text: str) -> dict[str, Any]:
    """Give the arguments of a request with this header."""
    return {header: on_the_wire(text)}


Request = tuple[str, str, dict[str, Any]]


def requests(place: Visit, turn: int) -> Iterator[Request]:
    """Give name, method and arguments of each malformed request to one address."""
    for number, query_and_form in enumerate(of_the_view(place)):
        yield query_and_form[(number + turn) % 2]
    yield from itertools.islice(before_the_view(place), turn % TURNS, None, TURNS)


def of_the_view(place: Visit) -> Iterator[tuple[Request, Request]]:
    path = place.path.partition("?")[0]
    for kind, text in TEXTS.items():
        raw, escaped = on_the_wire(text), quote(text.encode("utf-8", "surrogateescape"), safe="")
        query = "&".join(f"{name}={escaped}" for name in PARAMETERS)
        asked = f"query: {kind}", "GET", {"path": path, "QUERY_STRING": query}
        body = "&".join(f"{name}={escaped}" for name in FIELDS).encode()
        form = {"data": body, "content_type": FORM}
        yield asked, (f"form: {kind}", "POST", {"path": path, "QUERY_STRING": raw, **form})


def before_the_view(place: Visit) -> Iterator[Request]:
    path = place.path.partition("?")[0]
    cookies = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME)
    for kind, text in TEXTS.items():
        raw = on_the_wire(text)
        headers = dict.fromkeys(HEADERS, raw)
        yield f"headers: {kind}", "GET", {"path": place.path, **headers}
        yield f"headers and htmx: {kind}", "POST", {"path": path, **HTMX, **headers}
        credentials = f"Basic {base64.b64encode(raw.encode('latin-1')).decode()}"
        jar = "; ".join(f"{name}={raw}" for name in cookies)
        yield (
            f"Basic and cookies: {kind}",
            "POST",
            {"path": path, "HTTP_AUTHORIZATION": credentials, "HTTP_COOKIE": jar},
        )
    for kind, (content_type, data) in BODIES.items():
        yield f"body: {kind}", "POST", {"path": path, "data": data, "content_type": content_type}


@pytest.mark.parametrize("number", range(PARTS))
def test_malformed_request_at_every_address_causes_no_server_error(
    portal: PortalWithData, number: int
) -> None:
    found = []
    addresses = list(enumerate(url_map.addresses()))
    for nth, address in addresses[number::PARTS]:
        place = portal.place(address)
        place.browser.raise_request_exception = False
        cookies = place.browser.cookies.output(header="", sep=";", attrs=[])
        for name, method, request in requests(place, nth // PARTS):
            cache.clear()
            place.browser.cookies = SimpleCookie(cookies)
            status = place.browser.generic(method, **request).status_code
            if status >= 500 and address.name != "health_ready":
                found.append(f"{address.name} {method} {name}: {status}")
    assert "\n".join(found) == ""


@pytest.mark.parametrize("address", [LOGIN, "/", metadata.TOKEN])
@pytest.mark.parametrize("header", DECISIVE)
def test_malformed_header_that_ends_a_request_causes_no_server_error(
    world: World, address: str, header: str
) -> None:
    browser = BrowserClient(raise_request_exception=False)
    answers = {
        kind: browser.generic("POST", address, **arguments(header, text)).status_code
        for kind, text in TEXTS.items()
    }
    assert {kind: status for kind, status in answers.items() if status >= 500} == {}
