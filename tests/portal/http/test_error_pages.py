"""Pages for what went wrong: characters, refusals, a session that is gone, failures."""

import datetime as dt
import io
import json
import logging
import re
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

import delegation.authorization.errors
from audit.foundation.errors import Busy, DomainError
from portal.http import error_responses, reference
from portal.wording import refusals
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import visible_text
from tests.fixtures.world import World

pytestmark = pytest.mark.urls("tests.fixtures.pages_for_tests")
UNTIL = "2026-12-01T00:00:00+00:00"
SIGN = "[0-9CDFGHJKMNPQRTVWX]"
CONTROLS = ["\x00", "a\x00b", "\x01", "\x1f", "\x7f", "\x85"]


def client(**more: Any) -> Client:
    return Client(headers={"host": "localhost"}, **more)


@pytest.mark.parametrize("bad", CONTROLS)
def test_control_character_in_an_address_is_400(db: None, bad: str) -> None:
    assert client().get("/invitations/" + bad).status_code == 400
    assert client().get("/account/login/", {"next": bad}).status_code == 400
    assert client().get("/account/login/", {bad: "x"}).status_code == 400


def test_query_of_too_many_fields_is_400_for_every_reader(world: World) -> None:
    """The error page of a person of two organizations reads the query again."""
    many = "&".join(f"m={number}" for number in range(1100))
    for browser in (client(), signed_in.browser(world.aino), signed_in.browser(world.mikko)):
        for path in ("/", "/o/koskela/people", "/nowhere"):
            assert browser.get(f"{path}?{many}").status_code == 400, path


@pytest.mark.parametrize("bad", CONTROLS)
def test_control_character_in_a_field_is_an_error_at_the_field(db: None, bad: str) -> None:
    answer = client().post("/test/typed/", {"name": f"a{bad}x"})
    assert answer.status_code == 422
    assert [one["code"] for one in json.loads(answer.content)["name"]] == ["control_characters"]
    page = client().post(reverse("account_login"), {"login": f"a{bad}a@b.example", "password": "x"})
    assert page.status_code == 200
    assert "characters that are not allowed" in page.content.decode()


def test_line_ends_are_accepted_in_text_areas_only(db: None) -> None:
    assert client().post("/test/typed/", {"name": "x", "note": "one\r\n\ttwo"}).status_code == 200
    assert client().post("/test/typed/", {"name": "one\ntwo"}).status_code == 422


def test_value_refused_by_the_database_is_400(transactional_db: None) -> None:
    assert client().post("/test/careless/", {"name": "a\x00b"}).status_code == 400
    assert client().post("/test/careless/", {"name": "ab"}).status_code == 200


def test_unreadable_body_is_400(db: None) -> None:
    broken = client().post("/test/typed/", b"--x\r\nnonsense", content_type="multipart/form-data; boundary=y")
    assert broken.status_code in {400, 422}
    many = "&".join(f"a{number}=1" for number in range(1100))
    form = "application/x-www-form-urlencoded"
    assert client().post("/test/typed/", many.encode(), content_type=form).status_code == 400
    assert client().post("/test/typed/", b"name=%ff%fe", content_type=form).status_code == 200


def every_refusal() -> list[type[DomainError]]:
    found, open_ones = [], [DomainError]
    while open_ones:
        kind = open_ones.pop()
        open_ones += kind.__subclasses__()
        ours = kind.__module__.startswith(("audit", "delegation", "provisioning"))
        found += [kind] if ours and kind is not DomainError else []
    return found


def test_every_refusal_and_nothing_else_has_a_sentence() -> None:
    assert sorted(map(str, refusals._SENTENCES)) == sorted(map(str, every_refusal()))


@pytest.mark.parametrize("kind", every_refusal(), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_sentence(kind: type[DomainError]) -> None:
    assert kind in refusals._SENTENCES
    sentence = refusals.sentence_for(kind())
    assert sentence.text.endswith(".")
    assert 400 <= sentence.status < 600


CASES = [
    (delegation.authorization.errors.Denied(reason=reason), 403)
    for reason in (
        "own_membership", "own_right", "outside_sites", "exceeds_authority", "wrong_state", "organization_closed",
        "no_permission",
    )
] + [
    (delegation.authorization.errors.InvalidAccess(field=field, problem=problem, currency="EUR"), 400)
    for field, problem in (
        ("role", "unknown"), ("sites", "missing"), ("sites", "both"), ("sites", "unknown"), ("until", "past"),
        ("limit", "missing"), ("limit", "unknown"), ("limit", "negative"), ("limit", "currency"),
    )
] + [
    (delegation.authorization.errors.ExceedsAuthority(field=field, amount="5000.00", currency="EUR", until=UNTIL), 403)
    for field in ("role", "sites", "until", "limit")
]  # fmt: skip


def test_refusal_sentence_differs_by_reason() -> None:
    texts = [refusals.sentence_for(error).text for error, _ in CASES]
    assert len(set(texts)) == len(texts)
    assert [refusals.sentence_for(error).status for error, _ in CASES] == [status for _, status in CASES]


def test_busy_page_has_retry_after(db: None) -> None:
    answer = client().get("/test/refuses/busy/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert refusals.sentence_for(Busy()).retry_after == 1


def test_hidden_and_missing_address_give_the_same_page(db: None) -> None:
    def seen(answer: Any) -> str:
        own = r'name="(?:next|csrfmiddlewaretoken)"\s+value="[^"]*"|<dd[^>]*>[^<]*</dd>'
        return re.sub(own, "", answer.content.decode())

    hidden, missing = client().get("/test/refuses/hidden/"), client().get("/nowhere/")
    assert hidden.status_code == missing.status_code == 404
    assert seen(hidden) == seen(missing)


def _when(answer: Any) -> str:
    return str(re.findall(r"<dd[^>]*>([^<]+)</dd>", answer.content.decode())[-1])


def test_error_page_shows_the_instant_with_its_zone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    midnight = dt.datetime(2026, 6, 30, 22, 15, tzinfo=dt.UTC)
    admin = signed_in.browser(world.aino)
    monkeypatch.setattr(error_responses, "clock", SimpleNamespace(wall=lambda: midnight))
    assert _when(client().get("/nowhere/")) == "30 Jun 2026, 22:15 UTC"
    for missing in ("/nowhere/", "/o/koskela/nowhere", f"/o/koskela/people/{world.somewhere}"):
        assert _when(admin.get(missing)) == "1 Jul 2026, 01:15"
        assert "and give this reference" not in admin.get(missing).content.decode()


def test_last_assignable_day_is_shown_as_chosen() -> None:
    evening = "2026-12-31T22:00:00+00:00"
    with timezone.override(ZoneInfo("Europe/Helsinki")):
        error = delegation.authorization.errors.ExceedsAuthority(field="until", until=evening)
        assert "until 31 Dec 2026." in refusals.sentence_for(error).text


def test_denied_page_is_403_and_failed_page_is_500(db: None) -> None:
    answer = client().get("/test/refuses/denied/")
    assert answer.status_code == 403
    assert "You cannot change or remove your own access" in answer.content.decode()
    assert answer["X-Request-ID"] in answer.content.decode()
    assert "and give this reference" not in answer.content.decode()
    failed = client(raise_request_exception=False).get("/test/refuses/secret-of-a-link/")
    assert failed.status_code == 500
    page = failed.content.decode()
    assert "and give this reference" in page
    assert "Something went wrong" in page
    assert [name in page for name in ("brand/brand.css", "brand/brand.svg")] == [True, True]
    assert failed["X-Request-ID"] in failed.content.decode()
    assert re.fullmatch(f"{SIGN}{{4}}-{SIGN}{{4}}", failed["X-Request-ID"])


def test_server_error_page_log_lines_and_header_share_one_reference(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="portal.request")
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logging.getLogger("django.request").handlers[0].formatter)
    loggers = [logging.getLogger(name) for name in ("django.request", "portal.request")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        failed = client(raise_request_exception=False).get("/test/refuses/secret-of-a-link/")
        client().get("/nowhere/")
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    traceback, answered, other = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (traceback["event"], answered["event"]) == ("Internal Server Error", "request")
    assert traceback["request"] == answered["request"] == failed["X-Request-ID"]
    assert failed["X-Request-ID"] in failed.content.decode()
    assert other["request"] != failed["X-Request-ID"]


def test_reference_is_short_unambiguous_and_drawn_again() -> None:
    drawn = {reference.new_reference() for _ in range(1000)}
    assert len(drawn) == 1000
    assert {len(one) for one in drawn} == {9}
    assert all(re.fullmatch(f"{SIGN}{{4}}-{SIGN}{{4}}", one) for one in drawn)
    assert len(set("".join(drawn))) == 26 + len("-")


def test_server_error_logs_no_path(db: None, caplog: pytest.LogCaptureFixture) -> None:
    client(raise_request_exception=False).get("/test/refuses/khi_secret/")
    (record,) = [one for one in caplog.records if one.name == "django.request"]
    assert "khi_secret" in record.getMessage()
    formatter = logging.getLogger("django.request").handlers[0].formatter
    assert formatter is not None
    line = json.loads(formatter.format(record))
    assert line["event"] == "Internal Server Error"
    assert "RuntimeError" in line["exception"]


def test_error_in_response_to_htmx_replaces_the_whole_page(db: None) -> None:
    answer = client().get("/test/refuses/busy/", headers={"HX-Request": "true"})
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("body", "innerHTML")


def test_page_without_a_session_redirects_to_sign_in(db: None) -> None:
    assert (
        client().get("/test/inside/?a=1&b=2")["Location"]
        == "/account/login/?next=%2Ftest%2Finside%2F%3Fa%3D1%26b%3D2"
    )
    part = client().get(
        "/test/inside/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost:8000/o/koskela/people?q=a"},
    )
    assert part.status_code == 200
    assert part["HX-Redirect"] == "/account/login/?next=%2Fo%2Fkoskela%2Fpeople%3Fq%3Da"


def test_page_that_sent_an_htmx_request_is_returned_to_on_our_host_only(rf: RequestFactory) -> None:
    for sent, path in (
        ("https://portal.example/o/koskela/people?q=a", "/o/koskela/people?q=a"),
        ("https://portal.example//evil.example/o/koskela", "/"),
        ("https://portal.example/\\evil.example", "/"),
    ):
        request = rf.get("/o/koskela/people", headers={"HX-Request": "true", "HX-Current-URL": sent})
        assert error_responses.return_path(request) == path


def test_form_without_a_session_is_kept_without_its_secrets(world: World) -> None:
    typed = {
        "name": "Matti “M” <b>",
        "site": ["1", "2"],
        "password": "hidden hidden",
        "idempotency_key": "0190",
    }
    gone = BrowserClient().post("/test/inside/", typed)
    text = gone.content.decode()
    assert gone.status_code == 419
    assert 'value="Matti “M” &lt;b&gt;"' in text
    assert text.count('name="site"') == 2
    assert "hidden hidden" not in text
    assert 'action="/test/inside/"' in text


def test_kept_form_of_300_people_has_all_of_them_and_the_effect(world: World) -> None:
    typed = {"m": [f"person-{number}" for number in range(300)], "until": "24 Dec 2026"}
    gone = BrowserClient().post("/test/inside/", typed)
    text = gone.content.decode()
    assert (gone.status_code, text.count('name="m"')) == (419, 300)
    assert 'name="until" value="24 Dec 2026"' in text
    assert "People 300" in visible_text(gone)
    fewer = BrowserClient().post("/test/inside/", typed | {"left_out": typed["m"][:7]})
    assert "People 293" in visible_text(fewer)


def test_form_open_during_a_sign_in_is_preserved_for_our_origin_only(world: World) -> None:
    browser = BrowserClient(enforce_csrf_checks=True)
    own: Any = {"HTTP_ORIGIN": "http://localhost:8000"}
    kept = browser.post("/test/inside/", {"name": "Matti"}, **own)
    assert kept.status_code == 419
    assert 'value="Matti"' in kept.content.decode()
    others: list[Any] = [{}, {"HTTP_ORIGIN": "http://localhost:8001"}, {"HTTP_ORIGIN": "null"}]
    for foreign in others:
        refused = browser.post("/test/inside/", {"name": "Matti"}, **foreign)
        assert refused.status_code == 403
        assert "Matti" not in refused.content.decode()


def test_actor_is_the_signed_in_person(world: World) -> None:
    browser = BrowserClient(REMOTE_ADDR="203.0.113.7").sign_in(world.vilma.user)
    answer = browser.get("/test/inside/", headers={"X-Forwarded-For": "198.51.100.1"})
    assert json.loads(answer.content) == {"name": "Vilma Salo", "address": "203.0.113.7", "sent": {}}
    assert answer["Cache-Control"] == "no-store"
    assert "form-action 'self'" in answer["Content-Security-Policy"]


def test_language_is_that_of_the_choice_then_the_person_then_the_browser(world: World) -> None:
    asked = {"Accept-Language": "fi"}
    assert client().get("/nowhere/", headers=asked)["Content-Language"] == "fi"
    browser = BrowserClient().sign_in(world.vilma.user)
    assert browser.get("/nowhere/", headers=asked)["Content-Language"] == "en"
    chosen = browser.post(reverse("language"), {"language": "fi", "next": "/o/koskela/"})
    assert chosen["Location"] == "/o/koskela/"
    assert browser.get("/nowhere/")["Content-Language"] == "fi"
    assert browser.post(reverse("language"), {"language": "xx", "next": "//evil.example"})["Location"] == "/"
