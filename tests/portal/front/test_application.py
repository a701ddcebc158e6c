"""The front before its application: what is answered at once, what is refused, and in which form."""

import asyncio
import datetime as dt
import io
import json
import logging
import threading
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import translation

from portal.front import error_answers, kinds, limits
from portal.front.application import Front
from portal.oidc import fast_path, metadata
from portal.operations import request_log
from portal.wording import time_zones
from tests.fixtures import event_loops
from tests.portal.front.asgi import FORM, Exchange, exchange, part, scope

PAGE, TOKEN = "/account/login/", "/oauth/token"
Environ = dict[str, Any]


class Portal:
    """An application that says what it got; a path can be held until the gate opens."""

    def __init__(self, hold: str = "") -> None:
        self.hold, self.gate = hold, threading.Event()
        self.calls: list[Environ] = []

    def __call__(self, environ: Environ, start: Callable[..., None]) -> Iterable[bytes]:
        self.calls.append(environ)
        if environ["PATH_INFO"] == self.hold:
            self.gate.wait()
        start("200 OK", [("Content-Type", "text/plain")])
        return [environ["wsgi.input"].read() or b"page"]


def ask(request: dict[str, Any], *messages: dict[str, Any], portal: Portal | None = None) -> Exchange:
    return event_loops.run(_ask(request, messages, portal or Portal()))


async def _ask(request: dict[str, Any], messages: Any, portal: Portal) -> Exchange:
    return await exchange(Front(portal), request, messages)


def test_page_is_answered_by_the_application() -> None:
    seen = ask(scope(PAGE))
    assert (seen.status, seen.body, seen.headers["content-length"]) == (200, b"page", "4")


def test_form_reaches_the_application_whole() -> None:
    request = scope(PAGE, "POST", content_type=f"{FORM}; charset=utf-8", transfer_encoding="chunked")
    assert ask(request, part(b"a="), part(b"1"), part(b"", more=False)).body == b"a=1"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_liveness_is_answered_without_the_application(method: str) -> None:
    portal = Portal()
    seen = ask(scope(kinds.LIVE, method, host="10.0.0.5"), portal=portal)
    assert (seen.status, seen.json(), portal.calls) == (200, {"status": "ok"}, [])


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "get"])
@pytest.mark.parametrize("path", sorted(kinds.PROBES))
def test_other_method_at_a_probe_is_refused_without_a_thread(path: str, method: str) -> None:
    """Each took a place in the lane of readiness: probes got 503 for a second."""
    portal = Portal()
    seen = ask(scope(path, method, client="127.0.0.1"), portal=portal)
    assert (seen.status, seen.headers["allow"], portal.calls) == (405, "GET, HEAD", [])


@pytest.mark.parametrize(
    ("token", "client", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, 404),
        ("", "203.0.113.7", {}, 404),
        ("a", "127.0.0.1", {}, 404),
        ("a", "203.0.113.7", {"authorization": "Bearer b"}, 404),
        ("a", "203.0.113.7", {"authorization": "Bearer a"}, 200),
    ],
)
def test_metrics_take_a_thread_only_for_those_who_may_read_them(
    settings: LazySettings, token: str, client: str, headers: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = token
    portal = Portal()
    seen = ask(scope(kinds.METRICS, client=client, **headers), portal=portal)
    assert (seen.status, len(portal.calls)) == (status, int(status == 200))


REFUSED = [
    (400, {"content_type": FORM, "transfer_encoding": "gzip, chunked"}, ()),
    (400, {"content_type": FORM, "content_length": "2", "transfer_encoding": "chunked"}, ()),
    (413, {"content_type": FORM, "content_length": str(limits.FORM_BYTES + 1)}, ()),
    (413, {"content_type": FORM, "transfer_encoding": "chunked"}, (part(b"x" * (limits.FORM_BYTES + 1)),)),
    (415, {"content_type": "multipart/form-data; boundary=x", "content_length": "300000000"}, ()),
    (415, {"content_type": "application/json", "content_length": "2"}, ()),
    (415, {"content_length": "2"}, ()),
]


@pytest.mark.parametrize(("status", "headers", "messages"), REFUSED, ids=str)
@pytest.mark.parametrize("path", [PAGE, TOKEN])
def test_body_that_no_view_reads_is_refused_before_the_application(
    path: str,
    status: int,
    headers: dict[str, str],
    messages: tuple[dict[str, Any], ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "DRAIN_SECONDS", 0.01)
    portal = Portal()
    seen = ask(scope(path, "POST", **headers), *messages, portal=portal)
    assert (seen.status, seen.headers["connection"], portal.calls) == (status, "close", [])
    assert seen.headers["cache-control"] == "no-store"
    if path == TOKEN:
        assert seen.json()["error"] == "invalid_request"
        assert seen.headers["x-request-id"] in seen.json()["error_description"]
    else:
        assert seen.headers["x-request-id"] in seen.body.decode()
        assert ("and give this reference" in seen.body.decode()) == (status == 400)


def test_body_that_is_too_slow_is_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.01)
    seen = ask(scope(TOKEN, "POST", content_type=FORM, content_length="60000"), part(b"ab"))
    assert (seen.status, seen.headers["retry-after"], seen.headers["connection"]) == (408, "1", "close")


@pytest.mark.parametrize("path", [PAGE, TOKEN])
def test_incomplete_body_is_400_in_the_log_and_no_view_runs(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server says the same of a client that left and of a malformed chunk."""
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(request_log.log, "info", lambda _event, **values: lines.append(values))
    portal = Portal()
    request = scope(path, "POST", content_type=FORM, transfer_encoding="chunked")
    seen = ask(request, part(b"a=1"), {"type": "http.disconnect"}, portal=portal)
    assert (seen.status, seen.headers["connection"], portal.calls) == (400, "close", [])
    assert [(line["status"], line["request"]) for line in lines] == [(400, seen.headers["x-request-id"])]


@pytest.mark.parametrize(
    ("accepted", "text"), [("fi,en", "Pyyntöä ei voitu lukea"), ("de", "could not be read")]
)
def test_refusal_speaks_the_language_of_the_browser(
    accepted: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DRAIN_SECONDS", 0.01)
    seen = ask(scope(PAGE, "POST", content_length="1", accept_language=accepted))
    assert text in seen.body.decode()


def test_page_of_a_refusal_has_the_supplier_s_brand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DRAIN_SECONDS", 0.01)
    page = ask(scope(PAGE, "POST", content_length="1")).body.decode()
    assert [name in page for name in ("brand/brand.css", "brand/brand.svg")] == [True, True]


def test_page_of_a_refusal_names_its_own_instant_in_the_language_of_the_browser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "DRAIN_SECONDS", 0.01)
    at = dt.datetime(2026, 11, 29, 14, 3, tzinfo=dt.UTC)
    for minutes, language in [(0, "en"), (0, "fi"), (1, "en")]:
        now = at + dt.timedelta(minutes=minutes)
        monkeypatch.setattr(error_answers, "clock", SimpleNamespace(wall=lambda now=now: now))
        seen = ask(scope(PAGE, "POST", content_length="1", accept_language=language))
        with translation.override(language):
            expected = time_zones.date_time(now, None)
        assert expected.endswith(f"{now:%M} UTC")
        assert expected in seen.body.decode()


@pytest.mark.parametrize(
    ("flooded", "others"),
    [
        (PAGE, (TOKEN, kinds.METRICS, kinds.STAFF_LOGOUT)),
        (TOKEN, (PAGE, kinds.METRICS, kinds.STAFF_LOGOUT)),
        (kinds.METRICS, (PAGE, TOKEN, kinds.STAFF_LOGOUT)),
        (kinds.STAFF_LOGOUT, (PAGE, TOKEN, kinds.METRICS)),
    ],
)
def test_flood_in_one_lane_leaves_the_others_answering(
    flooded: str, others: tuple[str, ...], settings: LazySettings
) -> None:
    settings.METRICS_TOKEN = "a"
    lane = kinds.of_path(flooded).lane
    capacity = kinds.THREADS[lane] + kinds.WAITING[lane]
    portal = Portal(hold=flooded)

    def request(path: str, client: str = "203.0.113.7") -> dict[str, Any]:
        return scope(path, client=client, authorization="Bearer a")

    async def run() -> tuple[Exchange, list[int], list[int]]:
        front = Front(portal)
        flood = [
            asyncio.ensure_future(exchange(front, request(flooded, f"192.0.2.{number % 4}")))
            for number in range(capacity)
        ]
        await asyncio.sleep(0)
        refused = await exchange(front, request(flooded))
        answered = [
            (await exchange(front, request(path))).status
            for path in (*others, metadata.JWKS, kinds.LIVE, kinds.READY)
        ]
        assert not any(task.done() for task in flood)
        portal.gate.set()
        return refused, answered, [one.status for one in await asyncio.gather(*flood)]

    refused, answered, flooding = event_loops.run(run())
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert answered == [200] * 6
    assert set(flooding) == {200}


def test_probes_of_readiness_share_one_check() -> None:
    portal = Portal(hold=kinds.READY)

    async def run() -> list[int]:
        front = Front(portal)
        probes = [asyncio.ensure_future(exchange(front, scope(kinds.READY))) for _ in range(100)]
        await asyncio.sleep(0)
        portal.gate.set()
        later = await exchange(front, scope(kinds.READY))
        return [one.status for one in [*await asyncio.gather(*probes), later]]

    assert event_loops.run(run()) == [200] * 101
    assert len(portal.calls) == 1


def test_check_of_readiness_takes_nothing_from_the_request_that_started_it() -> None:
    """A refused query of a stranger was the answer to the next probe."""
    portal = Portal()
    asked = scope(
        f"{kinds.READY}?x=%01",
        "HEAD",
        host="evil.example",
        cookie="a=b",
        accept_language="fi",
        x_forwarded_for="198.51.100.9",
        x_forwarded_proto="ftp",
    )
    ask(asked, portal=portal)
    ask(scope(kinds.READY), portal=portal)
    seen, plain = (
        {name: value for name, value in call.items() if name != "wsgi.input"} for call in portal.calls
    )
    assert seen == plain
    assert (seen["REQUEST_METHOD"], seen["PATH_INFO"], seen["QUERY_STRING"]) == ("GET", kinds.READY, "")
    assert [name for name in seen if name.startswith("HTTP_")] == []


def _broken(environ: Environ, start: Callable[..., None]) -> Iterable[bytes]:
    raise RuntimeError


def test_reference_of_a_failure_stands_in_the_log_line_of_its_traceback() -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logging.getLogger("django.request").handlers[0].formatter)
    logging.getLogger("portal.front.application").addHandler(handler)
    try:
        seen = event_loops.run(exchange(Front(_broken), scope("/invitations/khi_secret")))
    finally:
        logging.getLogger("portal.front.application").removeHandler(handler)
    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert line["request"] == seen.headers["x-request-id"]
    assert seen.headers["x-request-id"] in seen.body.decode()
    assert "RuntimeError" in line["exception"]
    assert "khi_secret" not in lines.getvalue()


def test_application_that_raises_is_500_in_the_form_of_the_channel() -> None:
    seen = event_loops.run(exchange(Front(_broken), scope(TOKEN)))
    assert (seen.status, seen.json()["error"]) == (500, "server_error")


def test_method_of_any_length_takes_little_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(request_log.log, "info", lambda _event, **values: lines.append(values))
    ask(scope(PAGE, "M" * 30_000, content_length="1"))
    assert [line["method"] for line in lines] == ["M" * 16]


def test_every_endpoint_of_the_fast_path_is_in_the_lane_of_machines_but_documents() -> None:
    documents = {metadata.DISCOVERY, metadata.METADATA, metadata.JWKS}
    assert {path for path in fast_path.ROUTES if kinds.of_path(path) is kinds.DOCUMENTS} == documents
    assert {kinds.of_path(path).lane for path in fast_path.ROUTES.keys() - documents} == {"machines"}


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/token/", "/health/live/", "/", "//oauth/token"])
def test_every_other_path_is_in_the_lane_of_people(path: str) -> None:
    assert kinds.of_path(path).lane == "people"
