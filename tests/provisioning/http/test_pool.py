"""Requests to other systems: allowed addresses, reuse of connections, and limits of time and size."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http import connection as http_connection
from provisioning.http import ssrf_guard
from provisioning.http.pool import Pool
from provisioning.http.reply import Reply
from tests.fixtures import fake_target
from tests.fixtures.fake_target import Fault


def get(pool: Pool, url: str) -> Reply:
    return pool.request(method="GET", url=url, headers={"Authorization": f"Bearer {fake_target.TOKEN}"})


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0",  # noqa: S104 - refused here
        "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1%2", "fc00::1", "ff02::1",
        "fec0::1", "feff::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:db8::1", "::127.0.0.1",
        "::ffff:0:10.0.0.1", "3fff::1", "3fff:fff::1",
    ],
)  # fmt: skip
def test_address_in_internal_network_is_not_public(address: str) -> None:
    assert not ssrf_guard.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14"])
def test_internet_address_is_public(address: str) -> None:
    assert ssrf_guard.is_public(address)


def test_host_name_resolves_to_public_or_allowed_addresses_only(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    resolved = {"inside.example": ["127.0.0.1"], "both.example": ["10.0.0.1", "93.184.215.14"]}

    def getaddrinfo(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in resolved[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    settings.ALLOWED_INTERNAL_HOSTS = ["inside.example:1"]
    with pytest.raises(DeliveryError) as refused:
        list(ssrf_guard.public_addresses(host="inside.example", port=80))
    assert refused.value.code is Code.ADDRESS_REFUSED
    assert [address.sockaddr[0] for address in ssrf_guard.public_addresses(host="both.example", port=80)] == [
        "93.184.215.14"
    ]
    assert [address.sockaddr for address in ssrf_guard.public_addresses(host="inside.example", port=1)] == [
        ("127.0.0.1", 1)
    ]


def test_address_of_an_own_interface_is_refused_although_it_is_public(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine's public address leads to the machine itself, past its firewall."""
    monkeypatch.setattr(ssrf_guard, "is_public", lambda _: True)
    for own in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        with pytest.raises(DeliveryError, match="own networks"):
            list(ssrf_guard.public_addresses(host=own, port=80))
    (elsewhere,) = ssrf_guard.public_addresses(host="93.184.215.14", port=80)
    assert elsewhere.sockaddr == ("93.184.215.14", 80)


def test_connection_uses_the_checked_address(
    monkeypatch: pytest.MonkeyPatch, shop: fake_target.Server, pool: Pool, settings: LazySettings
) -> None:
    """A name that would resolve differently the second time is resolved only once."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, **more: int) -> object:
        asked.append(host)
        return real("127.0.0.1", port, **more) if len(asked) == 1 else real("127.0.0.2", port, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    settings.ALLOWED_INTERNAL_HOSTS = [f"moving.example:{shop.server_port}"]
    reply = get(pool, f"http://moving.example:{shop.server_port}/scim/v2/Users")
    assert (reply.status, asked) == (200, ["moving.example"])


def test_redirect_is_not_followed(shop: fake_target.Server, pool: Pool) -> None:
    shop.be.next = [Fault(status=302)]
    assert get(pool, f"{shop.scim}/Users").status == 302
    assert len(shop.requests) == 1


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "http://u:p@example.com/", "http:///x", "http://example.com:99999/"]
)
def test_url_other_than_plain_http_is_unreachable(pool: Pool, url: str) -> None:
    with pytest.raises(DeliveryError) as refused:
        get(pool, url)
    assert refused.value.code is Code.UNREACHABLE


def test_connection_is_reused_for_further_requests(shop: fake_target.Server, pool: Pool) -> None:
    for _ in range(20):
        assert get(pool, f"{shop.scim}/Users").status == 200
    assert shop.connections == 1


def test_connection_closed_by_the_server_is_replaced(shop: fake_target.Server, pool: Pool) -> None:
    get(pool, f"{shop.scim}/Users")
    (idle,) = pool._idle.values()
    idle[0][0]._limited_socket._sock.shutdown(socket.SHUT_RD)
    assert get(pool, f"{shop.scim}/Users").status == 200
    assert shop.connections == 2


def test_post_on_a_closing_connection_is_not_repeated(shop: fake_target.Server, pool: Pool) -> None:
    get(pool, f"{shop.scim}/Users")
    shop.be.next = [Fault(lost_reply=True)]
    with pytest.raises(DeliveryError) as lost:
        pool.request(method="POST", url=f"{shop.scim}/Users", headers={}, body=b"{}")
    assert lost.value.code is Code.LOST
    assert len([one for one in shop.requests if one.startswith("POST")]) == 1


def test_get_on_a_closing_connection_is_repeated_once(shop: fake_target.Server, pool: Pool) -> None:
    get(pool, f"{shop.scim}/Users")
    shop.be.next = [Fault(lost_reply=True)]
    assert get(pool, f"{shop.scim}/Users").status == 200


def test_unused_port_is_unreachable(shop: fake_target.Server, pool: Pool, settings: LazySettings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        settings.ALLOWED_INTERNAL_HOSTS = [f"127.0.0.1:{port}"]
        with pytest.raises(DeliveryError) as refused:
            get(pool, f"http://127.0.0.1:{port}/")
    assert refused.value.code is Code.UNREACHABLE


def test_silent_server_times_out(pool: Pool, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        settings.ALLOWED_INTERNAL_HOSTS = [address]
        with pytest.raises(DeliveryError) as lost:
            get(pool, f"http://{address}/")
    assert lost.value.code is Code.LOST


@contextlib.contextmanager
def endless_server(beginning: bytes, repeated: bytes, every: float = 0.0) -> Iterator[str]:
    """A server that answers one request with `beginning` and then `repeated` without end. Yields its `host:port`."""
    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(1000)
                connection.sendall(beginning)
                while not stopping.wait(every):
                    connection.sendall(repeated)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            stopping.set()
            thread.join(5)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("beginning", "repeated"),
    [
        (b"H", b"T"),
        (OK, b"X"),
        (OK, b"X-Again: 1\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK + b"\r\n", b"x"),
        (OK + b"Content-Length: 9000000000000\r\n\r\n", b"x"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Again: 1\r\n"),
    ],
    ids=["status", "header", "headers", "continue", "body", "promised", "chunks", "trailers"],
)
def test_slow_response_ends_at_the_exchange_limit(
    pool: Pool, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, beginning: bytes, repeated: bytes
) -> None:
    """Every byte arrives well within the read timeout."""
    monkeypatch.setattr(http_connection, "EXCHANGE_SECONDS", 0.3)
    with endless_server(beginning, repeated, every=0.01) as address:
        settings.ALLOWED_INTERNAL_HOSTS = [address]
        with pytest.raises(DeliveryError) as lost:
            get(pool, f"http://{address}/")
    assert lost.value.code is Code.LOST


def test_reused_connection_gets_new_limits(
    shop: fake_target.Server, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "MAX_BYTES", 600)
    for _ in range(10):
        assert get(pool, f"{shop.scim}/Users").status == 200
    assert shop.connections == 1


@pytest.mark.parametrize(
    ("beginning", "repeated"),
    [
        (OK, b"X-Again: " + b"x" * 100 + b"\r\n"),
        (OK + b"\r\n", b"x" * 5000),
        (OK + b"Content-Length: 9000000000000\r\n\r\n", b"x" * 5000),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nxxxxx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["headers", "body", "promised", "chunks", "continue"],
)
def test_endless_response_ends_at_the_size_limit(
    pool: Pool, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, beginning: bytes, repeated: bytes
) -> None:
    monkeypatch.setattr(http_connection, "MAX_BYTES", 1000)
    with endless_server(beginning, repeated) as address:
        settings.ALLOWED_INTERNAL_HOSTS = [address]
        with pytest.raises(DeliveryError) as cut:
            get(pool, f"http://{address}/")
    assert cut.value.code is Code.UNREADABLE
