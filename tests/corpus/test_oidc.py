"""The provider against the corpus of OpenID Connect requests: good ones, and many that must be refused."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.corpus import judging
from tests.corpus.cast import Cast
from tests.fixtures import oidc_browser
from tests.fixtures.world import World

Line = Mapping[str, Any]


def send(browser: Client, request: Line, cast: Cast) -> Any:
    """The request as it stands there, byte for byte in query and body."""
    query = urlencode([tuple(pair) for pair in cast.filled(request.get("query") or [])])
    path = cast.filled(request["path"])
    headers = cast.filled(request["headers"])
    body = cast.filled(request.get("raw_body")) or urlencode(
        [tuple(pair) for pair in cast.filled(request.get("body") or [])]
    )
    kind = headers.pop("Content-Type", "application/x-www-form-urlencoded" if body else "")
    return browser.generic(
        request["method"], f"{path}?{query}" if query else path, body.encode(), kind, headers=headers
    )


@pytest.mark.django_db(transaction=True)
def test_corpus_line_gets_the_expected_response(line: Line, world: World) -> None:
    cast = Cast(world)
    browser = cast.browser(line["session"])
    response = send(browser, line, cast)
    assert judging.problems(line, response, cast) == [], (response.headers, response.content[:600])
    for after in line.get("after", ()):
        assert send(cast.browser("none"), after, cast).status_code in after["expect_status"]
    if line.get("still_logged_in"):
        again = oidc_browser.authorize(browser, prompt="none", client_id="ordering")
        assert "code" in oidc_browser.response_parameters(again)


@pytest.mark.django_db(transaction=True)
def test_corpus_line_sent_in_parallel_succeeds_at_most_once(
    line: Line, world: World, run_concurrently: Callable[..., list[object]]
) -> None:
    """The same request several times at once: at most one is answered with tokens."""
    cast = Cast(world)
    send(cast.browser("none"), {**line, "method": "OPTIONS"}, cast)  # resolves the placeholders, once
    copies = line["parallel"] if isinstance(line["parallel"], int) else 5
    answers: Any = run_concurrently(*[lambda: send(cast.browser("none"), line, cast)] * copies)
    assert max(answer.status_code for answer in answers) < 500
    assert [answer.status_code for answer in answers].count(200) <= 1
