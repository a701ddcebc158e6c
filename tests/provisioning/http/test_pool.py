"""Requests to other systems: where they may go, how often a connection serves, and what bounds them."""

import contextlib
import datetime as dt
import socket
import threading
from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http import connection as http_connection
from provisioning.http import ssrf_guard
from provisioning.http.pool import Pool, Reply
from tests.fixtures import fake_target as far
from tests.fixtures.fake_target import Fault


@pytest.fixture
def pool() -> Iterator[Pool]:
    held = Pool()
    yield held
    held.close()


def get(pool: Pool, url: str) -> Reply:
    return pool.request(method="GET", url=url, headers={"Authorization": f"Bearer {far.TOKEN}"})


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0",  # noqa: S104 - refused here
        "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1%2", "fc00::1", "ff02::1",
        "fec0::1", "feff::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:db8::1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_the_machines_own_networks_are_closed(address: str) -> None:
    assert not ssrf_guard.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14"])
def test_the_internet_is_open(address: str) -> None:
    assert ssrf_guard.is_public(address)


def test_a_name_that_leads_inside_is_refused_and_one_that_leads_both_ways_goes_outside(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    leads = {"inside.example": ["127.0.0.1"], "both.example": ["10.0.0.1", "93.184.215.14"]}

    def getaddrinfo(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in leads[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    settings.ALLOWED_INTERNAL_HOSTS = ["inside.example:1"]
    with pytest.raises(DeliveryError) as refused:
        list(ssrf_guard.public_addresses(host="inside.example", port=80))
    assert refused.value.code is Code.ADDRESS_REFUSED
    assert [place.address[0] for place in ssrf_guard.public_addresses(host="both.example", port=80)] == [
        "93.184.215.14"
    ]
    assert [place.address for place in ssrf_guard.public_addresses(host="inside.example", port=1)] == [
        ("127.0.0.1", 1)
    ]


def test_what_is_connected_to_is_what_was_checked(
    monkeypatch: pytest.MonkeyPatch, shop: far.Server, pool: Pool, settings: LazySettings
) -> None:
    """A name that answers differently the second time is asked once only."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, **more: int) -> object:
        asked.append(host)
        return real("127.0.0.1", port, **more) if len(asked) == 1 else real("127.0.0.2", port, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    settings.ALLOWED_INTERNAL_HOSTS = [f"moving.example:{shop.server_port}"]
    reply = get(pool, f"http://moving.example:{shop.server_port}/scim/v2/Users")
    assert (reply.status, asked) == (200, ["moving.example"])


def test_redirects_are_not_followed(shop: far.Server, pool: Pool) -> None:
    shop.be.next = [Fault(status=302)]
    assert get(pool, f"{shop.scim}/Users").status == 302
    assert len(shop.requests) == 1


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "http://u:p@example.com/", "http:///x", "http://example.com:99999/"]
)
def test_other_addresses_are_refused(pool: Pool, url: str) -> None:
    with pytest.raises(DeliveryError) as refused:
        get(pool, url)
    assert refused.value.code is Code.UNREACHABLE


def test_one_connection_serves_many_requests(shop: far.Server, pool: Pool) -> None:
    for _ in range(20):
        assert get(pool, f"{shop.scim}/Users").status == 200
    assert shop.connections == 1


def test_a_connection_that_the_other_side_has_closed_is_replaced(shop: far.Server, pool: Pool) -> None:
    get(pool, f"{shop.scim}/Users")
    (kept,) = pool._idle.values()
    kept[0][0]._paced._sock.shutdown(socket.SHUT_RD)
    assert get(pool, f"{shop.scim}/Users").status == 200
    assert shop.connections == 2


def test_a_post_that_met_a_closing_connection_is_not_repeated(shop: far.Server, pool: Pool) -> None:
    get(pool, f"{shop.scim}/Users")
    shop.be.next = [Fault(lost_reply=True)]
    with pytest.raises(DeliveryError) as lost:
        pool.request(method="POST", url=f"{shop.scim}/Users", headers={}, body=b"{}")
    assert lost.value.code is Code.LOST
    assert len([one for one in shop.requests if one.startswith("POST")]) == 1


def test_a_get_that_met_a_closing_connection_is_repeated_once(shop: far.Server, pool: Pool) -> None:
    get(pool, f"{shop.scim}/Users")
    shop.be.next = [Fault(lost_reply=True)]
    assert get(pool, f"{shop.scim}/Users").status == 200


def test_a_dead_port_is_unreachable(shop: far.Server, pool: Pool, settings: LazySettings) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        settings.ALLOWED_INTERNAL_HOSTS = [f"127.0.0.1:{port}"]
        with pytest.raises(DeliveryError) as refused:
            get(pool, f"http://127.0.0.1:{port}/")
    assert refused.value.code is Code.UNREACHABLE


def test_a_server_that_says_nothing_is_given_up(
    pool: Pool, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        settings.ALLOWED_INTERNAL_HOSTS = [address]
        with pytest.raises(DeliveryError) as lost:
            get(pool, f"http://{address}/")
    assert lost.value.code is Code.LOST


@contextlib.contextmanager
def speaker(beginning: bytes, again: bytes, every: float = 0.0) -> Iterator[str]:
    """A server that answers one request with `beginning` and then `again` for ever. Its `host:port`."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(1000)
                connection.sendall(beginning)
                while not over.wait(every):
                    connection.sendall(again)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            thread.join(5)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("beginning", "again"),
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
def test_an_answer_that_drips_is_given_up_when_the_exchange_has_had_its_time(
    pool: Pool, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, beginning: bytes, again: bytes
) -> None:
    """Each piece comes well within the time that the other side may be silent."""
    monkeypatch.setattr(http_connection, "EXCHANGE_SECONDS", 0.3)
    with speaker(beginning, again, every=0.01) as address:
        settings.ALLOWED_INTERNAL_HOSTS = [address]
        with pytest.raises(DeliveryError) as lost:
            get(pool, f"http://{address}/")
    assert lost.value.code is Code.LOST


def test_the_next_exchange_on_a_kept_connection_has_limits_of_its_own(
    shop: far.Server, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "MOST_BYTES", 600)
    for _ in range(10):
        assert get(pool, f"{shop.scim}/Users").status == 200
    assert shop.connections == 1


@pytest.mark.parametrize(
    ("beginning", "again"),
    [
        (OK, b"X-Again: " + b"x" * 100 + b"\r\n"),
        (OK + b"\r\n", b"x" * 5000),
        (OK + b"Content-Length: 9000000000000\r\n\r\n", b"x" * 5000),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nxxxxx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["headers", "body", "promised", "chunks", "continue"],
)
def test_an_endless_answer_is_cut_off(
    pool: Pool, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, beginning: bytes, again: bytes
) -> None:
    monkeypatch.setattr(http_connection, "MOST_BYTES", 1000)
    with speaker(beginning, again) as address:
        settings.ALLOWED_INTERNAL_HOSTS = [address]
        with pytest.raises(DeliveryError) as cut:
            get(pool, f"http://{address}/")
    assert cut.value.code is Code.UNREADABLE


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7", 7), ("", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("999999999", 86_400)],
)
def test_retry_after(text: str, expected: int | None) -> None:
    wait = Reply(503, {"retry-after": text}, b"").wait
    assert wait == (None if expected is None else dt.timedelta(seconds=expected))
