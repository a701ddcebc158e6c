"""From a scope to an environ and from a response to an answer."""

import asyncio
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.front import bridge, limits
from portal.front.bridge import Answer
from tests.fixtures import event_loops
from tests.portal.front.asgi import Exchange, scope

Application = Callable[..., Iterable[bytes]]


def test_environ_has_method_path_query_and_addresses() -> None:
    environ = bridge.environ(scope("/o/%C3%A4%ff?q=%20", "POST"))
    assert environ["REQUEST_METHOD"] == "POST"
    assert environ["PATH_INFO"] == b"/o/\xc3\xa4\xff".decode("latin-1")
    assert environ["QUERY_STRING"] == "q=%20"
    assert (environ["REMOTE_ADDR"], environ["SERVER_PORT"], environ["SCRIPT_NAME"]) == (
        "203.0.113.7", "8000", "",
    )  # fmt: skip


def test_repeated_header_is_joined_and_cookies_by_semicolon() -> None:
    request = scope("/")
    request["headers"] += [(b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"accept", b"x"), (b"accept", b"y")]
    environ = bridge.environ(request)
    assert (environ["HTTP_COOKIE"], environ["HTTP_ACCEPT"]) == ("a=1; b=2", "x,y")


@pytest.mark.parametrize("name", [b"x_forwarded_for", b"content_length", b"x-forwarded_for"])
def test_header_with_an_underscore_is_left_out(name: bytes) -> None:
    request = scope("/")
    request["headers"].append((name, b"192.0.2.1"))
    assert "192.0.2.1" not in map(str, bridge.environ(request).values())


def test_body_replaces_the_coding_it_arrived_in() -> None:
    environ = bridge.environ(scope("/", "POST", transfer_encoding="chunked"))
    bridge.set_body(environ, b"a=1")
    assert "HTTP_TRANSFER_ENCODING" not in environ
    assert (environ["CONTENT_LENGTH"], environ["wsgi.input"].read()) == ("3", b"a=1")


def test_names_that_clients_invent_are_not_remembered() -> None:
    request = scope("/")
    request["headers"] += [(f"x-{number}".encode(), b"") for number in range(1000)]
    bridge.environ(request)
    assert len(bridge._NAMES) <= bridge._KNOWN_NAMES


class Response:
    """A WSGI response that remembers whether it was closed."""

    def __init__(self, parts: list[bytes], *, streaming: bool = False) -> None:
        self.parts, self.streaming, self.closed = parts, streaming, False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)

    def close(self) -> None:
        self.closed = True


def called(response: Any, seen: Exchange) -> Answer:
    """Run an application that returns this response, on a thread of the loop."""

    def application(environ: dict[str, Any], start: Callable[..., None]) -> Any:
        start("200 OK", [("X-Name", " value"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return response

    async def run() -> Answer:
        loop = asyncio.get_running_loop()
        return await asyncio.to_thread(
            bridge.WsgiCall(application, bridge.environ(scope("/")), seen.send, loop)
        )

    return event_loops.run(run())


def test_response_is_joined_and_closed() -> None:
    response = Response([b"a", b"b"])
    answer = called(response, Exchange())
    assert (answer.status, answer.body, response.closed) == (200, b"ab", True)
    assert answer.headers == [(b"x-name", b"value"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


def test_response_that_fails_midway_is_closed() -> None:
    response = Response([])
    response.parts = [1]  # type: ignore[list-item]
    with pytest.raises(TypeError):
        called(response, Exchange())
    assert response.closed


def test_streamed_response_is_sent_part_by_part() -> None:
    response, seen = Response([b"a", b"b"], streaming=True), Exchange()
    answer = called(response, seen)
    assert (answer.streamed, response.closed, seen.status) == (True, True, 200)
    assert [message.get("more_body", False) for message in seen.sent[1:]] == [True, True, False]
    assert seen.body == b"ab"


def test_client_that_reads_nothing_frees_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck(Exchange):
        async def send(self, message: dict[str, Any]) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(limits, "SEND_SECONDS", 0.01)
    response = Response([b"a"], streaming=True)
    with pytest.raises(TimeoutError):
        called(response, Stuck())
    assert response.closed


def test_whole_file_is_named_and_a_part_of_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.css"
    path.write_bytes(b"0123456789")
    with path.open("rb") as whole:
        answer = called(bridge._File(whole), Exchange())
    assert (answer.file, answer.body) == (str(path), b"")
    assert called(bridge._File(io.BytesIO(b"234")), Exchange()).body == b"234"
