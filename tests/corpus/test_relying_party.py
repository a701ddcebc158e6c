"""Staff sign-in against the corpus: sign-ins and logout tokens that must be refused, and the right ones."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import override_settings

from audit.foundation import clock
from identity.staff.models import StaffSession
from portal.signin.staff import provider
from tests.corpus import judging, outbound, supplier_provider
from tests.corpus.supplier_provider import SupplierProvider
from tests.fixtures import staff_users
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World

Line = Mapping[str, Any]
START = "/staff/sign-in/start"
ADDRESSES = {
    "rp_login": START,
    "rp_callback": "/staff/sign-in/callback",
    "rp_backchannel_logout": "/staff/backchannel-logout",
    "customer_idp_issuer": supplier_provider.CUSTOMERS_ISSUER,
}


def started(line: Line, op: SupplierProvider) -> BrowserClient:
    """Give the browser of the line, which has left for the provider where the line says so."""
    browser = BrowserClient()
    op.values |= ADDRESSES
    asked: dict[str, str] = {}
    if line["session"] == "rp_login_started":
        asked = dict(parse_qsl(urlsplit(browser.get(START)["Location"]).query))
    op.values |= {"rp_state": asked.get("state", "s"), "rp_nonce": asked.get("nonce", "n")}
    if line["section"] == "backchannel_logout":
        op.values["logout_token"] = op.token() if op.described else ""
    return browser


def send(browser: BrowserClient, line: Line, op: SupplierProvider) -> Any:
    query = urlencode([tuple(pair) for pair in op.filled(line.get("query") or [])])
    body = line.get("raw_body") or urlencode([tuple(pair) for pair in op.filled(line.get("body") or [])])
    headers = op.filled(line.get("headers") or {})
    kind = headers.pop("Content-Type", "application/x-www-form-urlencoded" if body else "")
    path = op.filled(line["path"])
    address = f"{path}?{query}" if query else path
    return browser.generic(line["method"], address, body.encode(), kind, headers=headers)


@pytest.mark.django_db(transaction=True)
def test_corpus_line_of_the_relying_party_gets_the_expected_response(
    line: Line, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    judging.require_known(line)
    op = SupplierProvider(line.get("rp_token"), int(clock.wall().timestamp()))
    monkeypatch.setattr(provider, "current", lambda: op.provider)
    sara = staff_users.opened(staff_users.enrolled("staff-9", "Sara Salo"), subject="staff-9")
    with override_settings(STAFF_SIGN_IN=supplier_provider.SETTING), outbound.recorded() as calls:
        browser = started(line, op)
        response = send(browser, line, op)
        is_staff = browser.get("/staff/").status_code == 200
    assert calls == []
    assert [url for url in op.asked if not url.startswith(f"{supplier_provider.ISSUER}/")] == []
    assert response.status_code in line["expect_status"], response.content[:600]
    assert is_staff is bool(line.get("expect_login"))
    assert StaffSession.objects.count() == 1 + is_staff, sara
    if line["error_in"] == "json" and line["expect_error"]:
        assert response.json()["error"] in line["expect_error"]
