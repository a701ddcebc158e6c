"""The provider against the corpus of OpenID Connect requests: good ones, and many that must be refused."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.corpus import judging, outbound, playing
from tests.corpus.cast import Cast
from tests.fixtures import oidc_browser
from tests.fixtures.world import World

Line = Mapping[str, Any]


@pytest.mark.django_db(transaction=True)
def test_corpus_line_gets_the_expected_response(line: Line, world: World) -> None:
    judging.require_known(line)
    cast = Cast(world)
    browser = cast.browser(line["session"])
    with outbound.recorded() as calls:
        response = playing.send(browser, line, cast)
    assert calls == [], "no line lets the provider call anybody"
    assert judging.problems(line, response, cast) == [], (response.headers, response.content[:600])
    for after in line.get("after", ()):
        assert playing.send(cast.browser("none"), after, cast).status_code in after["expect_status"], after
    if line.get("still_logged_in"):
        again = oidc_browser.authorize(browser, prompt="none", client_id="ordering")
        assert "code" in oidc_browser.response_parameters(again)


@pytest.mark.django_db(transaction=True)
def test_corpus_line_sent_in_parallel_issues_at_most_one_line_of_tokens(
    line: Line, world: World, run_concurrently: Callable[..., list[object]]
) -> None:
    """The same request several times at once: all that are answered with tokens get the same ones."""
    judging.require_known(line)
    cast = Cast(world)
    cast.filled([line["path"], line["headers"], line["query"], line["body"] or [], line.get("raw_body")])
    copies = line["parallel"] if isinstance(line["parallel"], int) else 5
    answers: Any = run_concurrently(*[lambda: playing.send(cast.browser("none"), line, cast)] * copies)
    assert max(answer.status_code for answer in answers) < 500
    succeeded = [answer.json() for answer in answers if answer.status_code == 200]
    assert len({body.get("refresh_token") or body["access_token"] for body in succeeded}) <= 1
