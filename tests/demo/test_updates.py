"""A visitor of the demo pauses a service: it refuses what the portal sends, and its pages stay open."""

import pytest

from tests.demo import cast
from tests.fixtures import demo_services, fake_provider


@pytest.fixture
def visitor(op: fake_provider.FakeProvider, own_shop: demo_services.Service) -> demo_services.ServiceBrowser:
    grants, limits = cast.orderer()
    sub = cast.new_sub()
    assert own_shop.scim("POST", "/Users", cast.user(sub, grants=grants, limits=limits)).status_code == 201
    service_browser = demo_services.ServiceBrowser(own_shop)
    service_browser.sign_in(op, cast.claims(sub, sid=f"open-{sub}"))
    service_browser.http.headers["X-Sub"] = sub
    return service_browser


def switch(service_browser: demo_services.ServiceBrowser, do: str, **fields: str) -> int:
    csrf = demo_services.first_match(demo_services.CSRF, service_browser.get("/people").text)
    answer = service_browser.http.post(
        service_browser.service.url + "/updates",
        data={"csrf": csrf, "do": do, "next": "/people", **fields},
        timeout=10,
        allow_redirects=False,
    )
    if answer.status_code == 302:
        assert answer.headers["Location"] == "/people"
    return answer.status_code


def test_paused_service_refuses_updates_and_sign_outs_until_it_is_resumed(
    op: fake_provider.FakeProvider, visitor: demo_services.ServiceBrowser
) -> None:
    shop, sub = visitor.service, str(visitor.http.headers["X-Sub"])
    token = op.logout_token(client_id="ordering", sid=f"open-{sub}")
    assert switch(visitor, "pause") == 302
    assert shop.scim("GET", "/Users").status_code == 503
    assert shop.scim("POST", "/Users", cast.user(cast.new_sub())).status_code == 503
    assert shop.log_out(token).status_code == 503
    assert visitor.signed_in
    assert "Updates are paused." in visitor.get("/").text
    assert switch(visitor, "resume") == 302
    assert shop.scim("GET", "/Users").json()["totalResults"] == 1
    assert shop.log_out(token).status_code == 200
    assert not visitor.signed_in


def test_pause_ends_with_a_restart(visitor: demo_services.ServiceBrowser) -> None:
    assert switch(visitor, "pause") == 302
    visitor.service.kill()
    visitor.service.start()
    assert visitor.service.scim("GET", "/Users").status_code == 200
    assert "Updates are paused." not in visitor.get("/").text


def test_switch_without_a_session_or_its_token_changes_nothing(
    visitor: demo_services.ServiceBrowser,
) -> None:
    assert switch(visitor, "pause", csrf="guessed") == 403
    assert switch(demo_services.ServiceBrowser(visitor.service), "pause") == 401
    assert visitor.service.scim("GET", "/Users").status_code == 200
