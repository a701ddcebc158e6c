"""Operators register applications and clients; a secret is shown once, and two work while it is rotated."""

from typing import Any

import pytest

from audit.models import Event
from delegation.applications import clients
from delegation.authorization.errors import InvalidInput
from identity.clients import queries as clients_queries
from identity.clients.models import Application, Client
from identity.grants import tokens
from portal.desk.applications.client_context import AddClientPage, ClientPage, RegisterPage, SecretPage
from portal.desk.applications.context import ApplicationPage
from tests.fixtures import grants
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import page_model
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import move_clock

pytestmark = pytest.mark.django_db(transaction=True)
LIST, SHOP = "/staff/applications/", "/staff/applications/ordering/"
NEW: dict[str, Any] = {
    "title_en": "Claims",
    "title_fi": "Reklamaatiot",
    "key": "claims",
    "unit": "kivisalo",
    "name": "Claims, web",
    "client_id": "claims-web",
    "kind": "confidential",
    "redirect_uris": "https://claims.example.test/callback\n\nhttps://claims.example.test/silent",
    "backchannel_logout_uri": "https://claims.example.test/out",
    "requires_pkce": "on",
    "idempotency_key": "a" * 32,
}


def accepts(client: str, secret: str) -> bool:
    found = clients_queries.find(client=client)
    return found is not None and found.verify_secret(secret)


def refused(browser: BrowserClient, path: str, model: type[Any], **sent: Any) -> dict[str, list[str]]:
    form = page_model(browser.post(path, sent), model).form
    return {field: list(errors) for field, errors in form.errors.items()}


def test_registration_shows_its_secret_once(desk: Desk) -> None:
    browser = desk.browser("operator")
    answer = browser.post(f"{LIST}register", NEW)
    shown = page_model(answer, SecretPage)
    assert answer["Cache-Control"] == "no-store"
    assert accepts("claims-web", shown.secret)
    again = page_model(browser.post(f"{LIST}register", NEW), SecretPage)
    assert (again.secret, again.client_id) == ("", "claims-web")
    (event,) = Event.objects.filter(verb="application.register", actor_kind="staff")
    assert shown.secret not in bytes(event.body).decode()
    row = Client.objects.get(protocol="claims-web")
    assert row.protocol.get_redirect_uris() == [
        "https://claims.example.test/callback",
        "https://claims.example.test/silent",
    ]
    assert (row.application.unit, row.requires_pkce) == (desk.staff.kivisalo, True)
    page = page_model(browser.get(f"{LIST}claims/"), ApplicationPage)
    assert [one.id for one in page.clients] == ["claims-web"]


def test_what_cannot_be_registered_is_said_at_its_field(desk: Desk) -> None:
    browser, path = desk.browser("operator"), f"{LIST}register"
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"key": "ordering"}, {"key"}),
        ({"key": "Claims "}, {"key"}),
        ({"client_id": "crm"}, {"client_id"}),
        ({"client_id": "claims/web"}, {"client_id"}),
        ({"unit": "eesti"}, {"unit"}),
        ({"kind": "public", "requires_pkce": ""}, {"requires_pkce"}),
        ({"redirect_uris": " \n"}, {"redirect_uris"}),
        ({"kind": "keys"}, {"jwks_uri"}),
        ({"kind": "native", "redirect_uris": "http://localhost/cb"}, {"redirect_uris"}),
        ({"kind": "public", "redirect_uris": "com.example.app:/cb"}, {"redirect_uris"}),
        ({"kind": "public", "program": "on", "resources": "https://api.example.test"}, {"program"}),
        ({"program": "on"}, {"resources"}),
        ({"redirect_uris": "app://callback"}, {"redirect_uris"}),
        ({"redirect_uris": "http://claims.example.test/callback"}, {"redirect_uris"}),
        ({"redirect_uris": "https://claims.example.test/*\\@elsewhere.example"}, {"redirect_uris"}),
        ({"post_logout_redirect_uris": "https://u@claims.example.test/"}, {"post_logout_redirect_uris"}),
        ({"backchannel_logout_uri": "https://claims.example.test/#out"}, {"backchannel_logout_uri"}),
    ]
    for number, (changed, fields) in enumerate(cases):
        sent = {**NEW, "idempotency_key": f"{number:032}", **changed}
        assert set(refused(browser, path, RegisterPage, **sent)) == fields, changed
    assert set(refused(browser, path, RegisterPage)) >= {
        "key",
        "client_id",
        "name",
        "redirect_uris",
        "title_en",
    }
    assert not Application.objects.filter(key="claims").exists()
    foreign = desk.browser("operator", unit=desk.staff.eesti)
    assert set(refused(foreign, path, RegisterPage, **NEW)) == {"unit"}


def test_second_client_may_be_public_without_a_secret(desk: Desk) -> None:
    browser = desk.browser("operator")
    sent = {name: value for name, value in NEW.items() if name not in {"key", "unit", "title_en", "title_fi"}}
    path = f"{SHOP}clients/add"
    assert set(refused(browser, path, AddClientPage, **{**sent, "client_id": "crm"})) == {"client_id"}
    shown = page_model(
        browser.post(path, {**sent, "client_id": "app", "kind": "public", "idempotency_key": "b"}), SecretPage
    )
    assert (shown.is_public, shown.secret) == (True, "")
    assert browser.get(f"{SHOP}clients/app/secret").status_code == 404
    assert browser.get(f"{LIST}crm/clients/app/").status_code == 404
    with pytest.raises(InvalidInput):
        clients.rotate_secret(actor=desk.world.system, client="app", overlap_hours=1)


def test_client_with_keys_of_its_own_has_no_secret_and_is_changed_to_one_with_a_secret(desk: Desk) -> None:
    browser = desk.browser("operator")
    keys = "https://claims.example.test/jwks.json"
    made = browser.post(
        f"{LIST}register",
        {**NEW, "kind": "keys", "jwks_uri": keys, "program": "on", "resources": "https://api.example.test"},
    )
    assert page_model(made, SecretPage).secret == ""
    path = f"{LIST}claims/clients/claims-web/"
    page = page_model(browser.get(path), ClientPage)
    assert (page.secret_url, page.authentication) == ("", "with keys of its own")
    assert browser.get(f"{path}secret").status_code == 404
    sent = {name: page.form[name].value() for name in page.form.fields if page.form[name].value()}
    assert sent["owner"], "the operator who registered it"
    secret = page_model(browser.post(path, {**sent, "jwks_uri": ""}), SecretPage).secret
    assert accepts("claims-web", secret)
    row = Client.objects.get(protocol="claims-web")
    assert (str(row.owner_id), row.former_secret_until) == (sent["owner"], None)
    assert page_model(browser.get(path), ClientPage).secret_until
    assert "owner" in refused(
        browser, path, ClientPage, **{**sent, "jwks_uri": "", "owner": "", "idempotency_key": "d"}
    )


def test_two_secrets_work_until_the_old_one_ends(desk: Desk) -> None:
    browser, first = desk.browser("operator"), desk.world.secrets["ordering"]
    path = f"{SHOP}clients/ordering/secret"
    sent = {"overlap": "1d", "idempotency_key": "c"}
    answer = browser.post(path, sent)
    second = page_model(answer, SecretPage).secret
    assert answer["Cache-Control"] == "no-store"
    assert page_model(browser.post(path, sent), SecretPage).secret == ""
    assert (accepts("ordering", first), accepts("ordering", second)) == (True, True)
    assert page_model(browser.get(f"{SHOP}clients/ordering/"), ClientPage).former_until
    move_clock(24 * 3600 + 1)
    browser = desk.browser("operator")
    assert (accepts("ordering", first), accepts("ordering", second)) == (False, True)
    third = page_model(browser.post(path, {"overlap": "7d"}), SecretPage).secret
    assert [accepts("ordering", one) for one in (first, second, third)] == [False, True, True]
    assert browser.post(path, {"overlap": "7d", "retire": "1"}).status_code == 302
    assert [accepts("ordering", one) for one in (first, second, third)] == [False, False, True]
    fourth = page_model(browser.post(path, {"overlap": "0"}), SecretPage).secret
    assert [accepts("ordering", one) for one in (third, fourth)] == [False, True]
    verbs = Event.objects.filter(verb__startswith="client.", outcome="done").values_list("verb", flat=True)
    assert sorted(verbs) == ["client.retire", *["client.rotate"] * 3]


def test_changed_client_is_checked_like_a_new_one_and_can_be_closed(desk: Desk) -> None:
    browser, path = desk.browser("operator"), f"{SHOP}clients/ordering/"
    form = page_model(browser.get(path), ClientPage).form
    sent = {name: form[name].value() for name in form.fields if form[name].value()}
    assert browser.post(path, sent)["Location"] == SHOP
    bad = {**sent, "redirect_uris": "https://x.example.test/#", "idempotency_key": "d"}
    assert set(refused(browser, path, ClientPage, **bad)) == {"redirect_uris"}
    closed = {**sent, "requires_pkce": "", "is_active": "", "idempotency_key": "e"}
    assert browser.post(path, closed)["Location"] == SHOP
    assert clients_queries.find(client="ordering") is None
    row = Client.objects.get(protocol="ordering")
    assert (row.requires_pkce, row.is_active) == (False, False)
    foreign = desk.browser("operator", unit=desk.staff.eesti)
    assert (foreign.get(path).status_code, foreign.post(path, sent).status_code) == (404, 404)


def test_client_opened_again_has_no_code_or_token_from_before(desk: Desk) -> None:
    mikko, operator = desk.world.mikko, desk.staff.hire("Jouni Oja", "operator")
    pair, code = grants.token_pair(mikko), grants.code(mikko)
    clients.update(actor=operator, client="ordering", changes={"is_active": False})
    clients.update(actor=operator, client="ordering", changes={"is_active": True})
    assert tokens.check(token=pair.access) is None
    assert tokens.refresh(token=pair.refresh, client="ordering", scopes=[]) is None
    assert grants.redeem(code) is None
    assert tokens.check(token=grants.token_pair(mikko, session="later").access) is not None
