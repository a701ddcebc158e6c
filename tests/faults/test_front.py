"""Strangers against the web process's own port: a page, the token endpoint and liveness answer meanwhile.

`answers` waits much longer than a person; each test asserts that the attack still lasts when they have answered.
"""

import contextlib
import http.client
import os
import pathlib
import resource
import signal
import socket
import threading
from collections.abc import Iterator

import pytest

from portal.front import kinds, limits
from tests.fixtures import web_process
from tests.fixtures.web_process import WebProcess, head, is_silent, read_headers, read_to_end

FORM = "application/x-www-form-urlencoded"
TYPE = f"Content-Type: {FORM}"
LOGIN, TOKEN, LIVE = "/account/login/", "/oauth/token", "/health/live"
ALLOWED = limits.FORM_BYTES - 1000
STATIC = web_process.REPOSITORY / "portal" / "static"


@pytest.fixture(scope="module")
def web(
    database_urls: object, django_db_setup: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebProcess]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Each connection is an open file of this process, too; the usual soft limit is 1,024.
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with web_process.running(tmp_path_factory.mktemp("web")) as process:
            yield process
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def answers(web: WebProcess) -> list[int]:
    """The status of a page, of a form of a program and of liveness, each on a new connection."""
    form = {"Content-Type": FORM}
    return [
        web.get(LOGIN).status,
        web.ask("POST", TOKEN, "grant_type=refresh_token", form).status,
        web.get(LIVE).status,
    ]


ANSWERED = [200, 401, 200]


@contextlib.contextmanager
def connections(web: WebProcess, count: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(web.connect()) for _ in range(count)]


@pytest.mark.parametrize("path", [LOGIN, TOKEN])
@pytest.mark.parametrize("count", [8, 200])
def test_slow_bodies_take_no_thread_and_are_refused(web: WebProcess, path: str, count: int) -> None:
    with connections(web, count) as slow:
        for connection in slow:
            connection.sendall(head("POST", path, TYPE, f"Content-Length: {ALLOWED}") + b"a=")
        assert answers(web) == ANSWERED
        waiting = min(count, limits.BODIES_PER_ADDRESS - 1)  # the form above is of this address, too
        # Which of them wait is not asserted: connections that open at the same time are accepted in any order.
        assert sum(is_silent(one) for one in slow) >= waiting
        statuses = {read_to_end(connection).partition(b"\r\n")[0] for connection in slow}
    assert statuses == {b"HTTP/1.1 408 Request Timeout"}


def test_body_above_the_cap_is_refused_at_its_headers(web: WebProcess) -> None:
    with connections(web, 8) as large:
        for connection in large:
            connection.sendall(head("POST", LOGIN, TYPE, "Content-Length: 100000") + b"a=")
        assert answers(web) == ANSWERED
        assert {read_headers(one)[:12] for one in large} == {b"HTTP/1.1 413"}


def test_headers_that_arrive_byte_by_byte_end_at_the_deadline(web: WebProcess) -> None:
    stopped = threading.Event()
    request = head("GET", LOGIN, f"X-Slow: {'x' * 2000}")

    def drip(slow: list[socket.socket]) -> None:
        for byte in request:
            for connection in slow:
                with contextlib.suppress(OSError):
                    connection.sendall(bytes([byte]))
            if stopped.wait(0.1):
                return

    with connections(web, 200) as slow:
        dripping = threading.Thread(target=drip, args=[slow])
        dripping.start()
        try:
            assert answers(web) == ANSWERED
            assert all(is_silent(connection) for connection in slow)
            assert {read_to_end(connection) for connection in slow} == {b""}
        finally:
            stopped.set()
            dripping.join()


def test_idle_connections_leave_room_and_end_at_the_deadline(web: WebProcess) -> None:
    with connections(web, 1000) as idle:
        for connection in idle:
            connection.sendall(head("GET", LIVE))
        assert {read_headers(connection)[:15] for connection in idle} == {b"HTTP/1.1 200 OK"}
        assert answers(web) == ANSWERED
        assert all(is_silent(connection) for connection in idle)
        assert {read_to_end(connection) for connection in idle} <= {b"", b'{"status": "ok"}'}


def test_flood_of_silent_connections_leaves_room(web: WebProcess) -> None:
    with connections(web, 2500) as flood:
        assert answers(web) == ANSWERED
        assert all(is_silent(connection) for connection in flood)


@pytest.mark.parametrize("path", [LOGIN, TOKEN])
def test_large_upload_is_refused_before_it_is_sent_and_nothing_is_written(web: WebProcess, path: str) -> None:
    size, sent = 300_000_000, 0
    head_of_upload = head(
        "POST", path, "Content-Type: multipart/form-data; boundary=x", f"Content-Length: {size}"
    )
    with web.connect() as connection:
        connection.sendall(head_of_upload)
        assert read_headers(connection)[:12] == b"HTTP/1.1 415"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            while sent < size:
                connection.sendall(b"x" * 1_000_000)
                sent += 1_000_000
    assert sent < size
    assert list(web.uploads.iterdir()) == []
    assert answers(web) == ANSWERED


def test_client_that_sends_before_it_reads_gets_the_refusal(web: WebProcess) -> None:
    """A browser reads the answer after its upload: the front reads a part of it, so that no reset comes first."""
    part, parts = b"x" * 10_000, 50
    with web.connect() as connection:
        multipart = "Content-Type: multipart/form-data; boundary=x"
        connection.sendall(head("POST", LOGIN, multipart, f"Content-Length: {len(part) * parts}"))
        assert connection.recv(1, socket.MSG_PEEK)  # the refusal is here
        for _ in range(parts):
            connection.sendall(part)
            assert web.get(LIVE).status == http.client.OK  # time enough for a reset to arrive
        assert read_headers(connection)[:12] == b"HTTP/1.1 415"


def test_body_without_an_end_is_refused_at_the_cap(web: WebProcess) -> None:
    chunk, sent = b"2000\r\n" + b"x" * 8192 + b"\r\n", 0
    with web.connect() as connection:
        connection.sendall(head("POST", LOGIN, TYPE, "Transfer-Encoding: chunked"))
        while sent <= limits.FORM_BYTES:
            connection.sendall(chunk)
            sent += 8192
        assert answers(web) == ANSWERED
        assert read_headers(connection)[:12] == b"HTTP/1.1 413"


@pytest.mark.parametrize(
    "chunk", [b"zz\r\n", b"ffffffffffffffff1\r\na=b\r\n0\r\n\r\n", b"3\r\na=bXX0\r\n\r\n"]
)
@pytest.mark.parametrize("path", [LOGIN, TOKEN])
def test_malformed_chunk_is_a_400_of_the_front(web: WebProcess, path: str, chunk: bytes) -> None:
    with web.connect() as connection:
        connection.sendall(head("POST", path, TYPE, "Transfer-Encoding: chunked") + chunk)
        headers = read_headers(connection)
    assert headers[:12] == b"HTTP/1.1 400"
    assert b"x-request-id:" in headers.lower()


def test_pipelined_requests_are_answered_in_order(web: WebProcess) -> None:
    with web.connect() as connection:
        bad_form = head("POST", TOKEN, TYPE, "Content-Length: 2") + b"a="
        connection.sendall((head("GET", LIVE) + bad_form) * 50 + head("GET", LIVE, "Connection: close"))
        assert answers(web) == ANSWERED
        statuses = [
            line[9:12]
            for line in read_to_end(connection).split(b"HTTP/1.1")[1:]
            for line in [b"HTTP/1.1" + line]
        ]
    assert statuses == [b"200", b"401"] * 50 + [b"200"]


def test_expected_continue_is_sent_only_for_a_body_that_is_read(web: WebProcess) -> None:
    with web.connect() as wanted, web.connect() as unwanted:
        wanted.sendall(head("POST", TOKEN, TYPE, "Content-Length: 2", "Expect: 100-continue"))
        assert read_headers(wanted).startswith(b"HTTP/1.1 100 Continue")
        wanted.sendall(b"a=")
        assert read_headers(wanted)[:12] == b"HTTP/1.1 401"
        unwanted.sendall(head("POST", TOKEN, TYPE, "Content-Length: 100000", "Expect: 100-continue"))
        assert read_headers(unwanted)[:12] == b"HTTP/1.1 413"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["Content-Length: 2", "Content-Length: 3"], b"400"),
        (["Content-Length: +2"], b"400"),
        (["Transfer-Encoding: gzip, chunked"], b"400"),
        (["Transfer-Encoding: chunked, identity"], b"400"),
        ([f"X-{number}: a" for number in range(120)], b"431"),
        ([f"X: {'a' * 2 * limits.HEADER_BYTES}"], b"431"),
        (["Host: evil.example"], b"400"),
    ],
    ids=["lengths", "signed length", "coding", "coding order", "many headers", "large headers", "two hosts"],
)
def test_ambiguous_or_oversized_headers_are_refused(web: WebProcess, lines: list[str], status: bytes) -> None:
    with web.connect() as connection:
        connection.sendall(head("POST", LOGIN, TYPE, *lines))
        assert read_headers(connection)[9:12] == status


@pytest.mark.parametrize(
    ("lines", "is_read"),
    [([], True), (["Content-Length: 5"], False), (["Content-Length: 60"], False)],
    ids=["one length", "two lengths", "two other lengths"],
)
def test_bytes_after_a_request_with_two_lengths_are_not_read(
    web: WebProcess,
    lines: list[str],
    is_read: bool,  # noqa: FBT001
) -> None:
    """The server drops Content-Length before we see it: a proxy that believes it must not share this connection."""
    with web.connect() as connection:
        first = head("POST", TOKEN, TYPE, "Transfer-Encoding: chunked", *lines) + b"0\r\n\r\n"
        connection.sendall(first + head("GET", kinds.LIVE, "Connection: close"))
        assert (b'{"status": "ok"}' in read_to_end(connection)) is is_read


def test_http2_is_not_spoken(web: WebProcess) -> None:
    with web.connect() as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        assert read_to_end(connection)[:12] in {b"", b"HTTP/1.1 400"}


def test_response_that_is_not_read_ends_its_connection(web: WebProcess) -> None:
    """The kernel closes it: its buffers, and the file behind them, are held no longer."""
    (stylesheet,) = STATIC.glob("vendor/tabler/*/tabler.min.css")
    path = f"/static/{stylesheet.relative_to(STATIC)}"
    whole = web.get(path)
    assert (whole.status, int(whole.headers["Content-Length"]) > 100_000) == (200, True)
    with web.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(head("GET", path) * 60)
        assert answers(web) == ANSWERED
        ended = threading.Event()
        while not ended.wait(0.5):
            with contextlib.suppress(BlockingIOError):
                try:
                    connection.send(b"\r\n", socket.MSG_DONTWAIT)
                except (BrokenPipeError, ConnectionResetError):
                    ended.set()


def test_probe_by_address_is_answered_and_any_other_page_is_400_in_a_few_bytes(web: WebProcess) -> None:
    assert [web.get(path, host="10.0.0.5").status for path in (LIVE, "/health/ready")] == [200, 200]
    before = web.log()
    refused = web.get(LOGIN, host="10.0.0.5")
    assert (refused.status, refused.headers["Content-Length"]) == (400, "14")
    assert "Traceback" not in web.log()
    assert len(web.log()) - len(before) < 400


def test_stopping_finishes_a_request_whose_body_is_still_on_its_way(
    database_urls: object, django_db_setup: object, tmp_path: pathlib.Path
) -> None:
    with web_process.running(tmp_path) as web, web.connect() as connection:
        connection.sendall(head("POST", TOKEN, TYPE, "Content-Length: 2") + b"a")
        assert answers(web) == ANSWERED
        os.kill(web.running.pid, signal.SIGTERM)
        _wait_until_refused(web)
        connection.sendall(b"=")
        assert read_to_end(connection).startswith(b"HTTP/1.1 401")
        assert web.running.wait(web_process.GENEROUS) == 0


def _wait_until_refused(web: WebProcess) -> None:
    while True:
        try:
            web.connect().close()
        except (ConnectionRefusedError, ConnectionResetError):
            return  # reset: the socket closed while this connection waited to be accepted


def test_killed_worker_is_replaced_and_no_connection_is_refused(
    database_urls: object, django_db_setup: object, tmp_path: pathlib.Path
) -> None:
    with web_process.running(tmp_path, workers=2) as web:
        before = web.workers()
        os.kill(before[0], signal.SIGKILL)
        while set(web.workers()) & {before[0]} or len(web.workers()) < len(before):
            assert web.get(LIVE).status == http.client.OK
        assert answers(web) == ANSWERED


def test_killed_server_leaves_no_worker_on_the_port(
    database_urls: object, django_db_setup: object, tmp_path: pathlib.Path
) -> None:
    """Its successor listens on the same port."""
    with web_process.running(tmp_path) as web:
        web.running.kill()
        _wait_until_refused(web)


def test_worker_that_cannot_start_ends_the_server_with_its_reason(
    database_urls: object, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYHOLDER_SMTP_PORT", "none")
    with pytest.raises(AssertionError, match="KEYHOLDER_SMTP_PORT"):
        WebProcess(tmp_path)
