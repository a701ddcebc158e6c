"""The front repeats a document for a second; whatever may have another answer reaches the application."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from portal.front import documents
from portal.front.application import Front
from portal.oidc import metadata
from portal.operations import request_log
from tests.fixtures import event_loops
from tests.portal.front.asgi import Exchange, exchange, scope


class Portal:
    """An application whose answers are numbered."""

    def __init__(self, status: str = "200 OK") -> None:
        self.status, self.calls = status, 0

    def __call__(self, _environ: dict[str, Any], start: Callable[..., None]) -> Iterable[bytes]:
        self.calls += 1
        start(self.status, [("ETag", '"1"'), ("X-Request-ID", f"call {self.calls}")])
        return [b"answer %d" % self.calls]


def ask(portal: Portal, *requests: dict[str, Any]) -> list[Exchange]:
    async def each() -> list[Exchange]:
        front = Front(portal)
        return [await exchange(front, request, ()) for request in requests]

    return event_loops.run(each())


def test_document_is_repeated_under_an_id_of_its_own_and_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(request_log.log, "info", lambda _event, **values: lines.append(values))
    portal = Portal()
    first, second, third = ask(portal, *[scope(metadata.JWKS)] * 3)
    assert (first.body, second.body, portal.calls) == (b"answer 1", b"answer 1", 1)
    assert second.headers["etag"] == '"1"'
    assert len({one.headers["x-request-id"] for one in (first, second, third)}) == 3
    assert [(line["route"], line["status"], line["request"]) for line in lines] == [
        ("oauth/jwks.json", 200, one.headers["x-request-id"]) for one in (second, third)
    ]


def test_other_question_reaches_the_application() -> None:
    path = metadata.JWKS
    others = [
        scope(path, "HEAD"),
        scope(path, "OPTIONS"),
        scope(path, if_none_match='"1"'),
        scope(path, if_modified_since="Mon, 30 Nov 2026 00:00:00 GMT"),
        scope(path, x_forwarded_proto="https"),
        scope(path) | {"scheme": "https"},
        scope(metadata.DISCOVERY),
    ]
    portal = Portal()
    seen = ask(portal, scope(path), *others, scope(path))
    assert [one.body for one in seen[1:-1]] == [b"answer %d" % number for number in range(2, len(others) + 2)]
    assert seen[-1].body == b"answer 1"


def test_document_is_asked_for_again_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0, 100.9, 101.0, 101.0]
    monkeypatch.setattr(documents, "time", SimpleNamespace(monotonic=lambda: now.pop(0)))
    portal = Portal()
    ask(portal, *[scope(metadata.JWKS)] * 3)
    assert portal.calls == 2


@pytest.mark.parametrize("status", ["304 Not Modified", "404 Not Found", "500 Internal Server Error"])
def test_refusal_is_not_repeated(status: str) -> None:
    portal = Portal(status)
    ask(portal, *[scope(metadata.JWKS)] * 2)
    assert portal.calls == 2


def test_invented_schemes_keep_few_answers() -> None:
    front = Front(Portal())

    async def many() -> None:
        for number in range(100):
            await exchange(front, scope(metadata.JWKS, x_forwarded_proto=f"p{number}"), ())

    event_loops.run(many())
    assert len(front._documents._answers) <= documents._KEPT
