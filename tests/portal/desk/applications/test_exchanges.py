"""Operators read the last requests to a system: masked, at most fifty, of a day."""

import datetime as dt
import json
from urllib.parse import quote

import pytest

from audit.foundation import clock
from portal.desk.applications.context import ApplicationPage
from portal.desk.applications.exchanges_page import ExchangesPage
from provisioning import retention
from provisioning.connectors.scim.endpoint import Rejected, ScimEndpoint
from provisioning.delivery.errors import DeliveryError
from provisioning.targets import exchange_masking, exchanges, profile
from provisioning.targets.models import TargetExchange
from tests.fixtures import staff_targets
from tests.fixtures.answering_pool import AnsweringPool, reply
from tests.fixtures.pages import count_statements, page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import move_clock

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = {"schemas": ["urn:x"], "userName": "mikko@koskela.example", "active": True, "externalId": "secret-1"}
ERROR = {"schemas": ["urn:e"], "status": "400", "detail": "mikko@koskela.example is wrong"}
DAY = 86_400.0
STATEMENTS = 7
"""Of the page, whatever it holds."""


BODIES: list[tuple[bytes | int, str | None]] = [
    (b"", ""),
    (b"<html>mikko@koskela.example</html>", "(34 B)"),
    (20_000, "(20000 B)"),
    (
        b'{"mikko@koskela.example": 1, "totalResults": 7, "x": 35840123}',
        '{"…": "…", "totalResults": 7, "x": "…"}',
    ),
    (b'{"path": "emails[value eq \\"a@b.c\\"]"}', '{"path": "emails[value eq \\"…\\"]"}'),
    (b'{"path": "mikko@koskela.example"}', '{"path": "…"}'),
    # Quotes, backslashes and characters that JSON escapes are parts of the quoted value, which is masked whole.
    (rb'{"path": "emails[value eq \"a\\\"secret\"].type"}', '{"path": "emails[value eq \\"…\\"].type"}'),
    (
        rb'{"path": "emails[value eq \"a\u005c\u0022secret\"].type"}',
        '{"path": "emails[value eq \\"…\\"].type"}',
    ),
    (rb'{"path": "emails[value eq \"\u00e4secret\\\\\"].type"}', '{"path": "emails[value eq \\"…\\"].type"}'),
    (rb'{"path": "value eq \"secret\\"}', '{"path": "value eq \\"…\\""}'),
    (rb'{"path": "a\\\"secret"}', '{"path": "…"}'),
    (rb'{"secret": "a\"sec\u0022ret\\", "se\"cret": 1}', '{"secret": "…", "…": "…"}'),
    (b"[" * 5000 + b"]" * 5000, None),
]
PATHS = [
    (r'userName eq "a\"secret"', 'userName eq "…"'),
    (r'userName eq "a\u0022secret" and active eq "x"', 'userName eq "…" and active eq "…"'),
    (r'userName eq "secret\\" and id eq "secret"', 'userName eq "…" and id eq "…"'),
    (r'userName eq "secret\"', 'userName eq "…"'),
    ("userName eq secret@koskela.example", "…"),
]


def test_last_requests_are_shown_masked_and_without_the_token(desk: Desk) -> None:
    target = staff_targets.connected(desk.world)
    pool = AnsweringPool(reply(201, {**PERSON, "id": "r-1"}), reply(400, ERROR), None)
    endpoint = ScimEndpoint(profile.build(target=target), pool)
    endpoint.create(PERSON)
    with pytest.raises(Rejected):
        endpoint.find("userName", "mikko@koskela.example")
    with pytest.raises(DeliveryError):
        endpoint.patch("r-1", {"Operations": [{"op": "replace", "path": "active", "value": False}]})
    assert (exchanges.store(), exchanges.store()) == (3, 0)
    url = f"/staff/applications/{target.application.key}/exchanges"
    browser = desk.browser("operator")
    service = page_model(browser.get(f"/staff/applications/{target.application.key}/"), ApplicationPage)
    assert service.exchanges_url == url
    answer = browser.get(url)
    page = page_model(answer, ExchangesPage)
    assert [row.request for row in page.rows] == [
        "PATCH /Users/…",
        'GET /Users?filter=userName eq "…"',
        "POST /Users",
    ]
    assert [row.is_failed for row in page.rows] == [True, True, False]
    assert page.rows[0].answer.startswith("The connection was lost before an answer came. · ")
    assert count_statements(browser, url) == STATEMENTS
    assert json.loads(page.rows[2].sent) == {**PERSON, "userName": "…", "externalId": "…"}
    assert json.loads(page.rows[1].received) == {**ERROR, "detail": "…"}
    text = visible_text(answer) + str(list(TargetExchange.objects.values()))
    token = profile.build(target=target).token
    assert [one for one in ("koskela.example", "secret-1", "r-1", token) if one in text] == []
    assert browser.get("/staff/applications/no-such/exchanges").status_code == 404


def test_exchanges_are_bounded_in_number_and_age(desk: Desk) -> None:
    target = staff_targets.connected(desk.world)
    for _ in range(2):
        pool = AnsweringPool(*[reply(201, PERSON)] * 40)
        for _number in range(40):
            ScimEndpoint(profile.build(target=target), pool).create(PERSON)
        exchanges.store()
    assert TargetExchange.objects.count() == 50
    assert len(exchanges.newest(target=target.id, at=clock.now() + dt.timedelta(days=2))) == 0
    move_clock(2 * DAY)
    retention.purge()
    assert not TargetExchange.objects.exists()


def test_bodies_keep_their_shape_and_no_value() -> None:
    for body, shown in BODIES:
        text = exchange_masking.body(body)
        assert len(text) <= 4000
        assert shown is None or text == shown


def test_filters_keep_their_shape_and_no_value() -> None:
    for text, shown in PATHS:
        assert exchange_masking.path(f"/Users?filter={quote(text)}") == f"/Users?filter={shown}"
