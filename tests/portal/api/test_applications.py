"""Programs of operators register applications, clients and systems: what each may, and where a secret is seen."""

import dataclasses
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.models import Event
from delegation.applications import commands as applications_commands
from delegation.applications.new_client import NewClient
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.verbs import Verb
from delegation.service_users import commands as service_users_commands
from delegation.service_users import queries as service_users_queries
from delegation.staff import commands as staff_commands
from identity.clients import queries as clients_queries
from identity.clients.models import Application, Client
from portal.oidc import metadata
from portal.signin.customers import rate_limits
from provisioning.accounts.models import Account
from provisioning.connectors.scim.endpoint import Rejected, ScimEndpoint
from provisioning.targets import commands as targets_commands
from provisioning.targets import exchanges, profile
from provisioning.targets.models import Target
from tests.fixtures import (
    events,
    fake_target,
    oidc_browser,
    service_users,
    staff_desk,
    state_check,
    stored_texts,
)
from tests.fixtures.answering_pool import AnsweringPool, reply
from tests.fixtures.api_url_map import APPLICATION, APPLICATION_ACTIONS, CONNECTED, REGISTERED, Action
from tests.fixtures.rest_api import Program, SupplierProgram
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
KNOWN = {"application": "ordering", "client": "ordering"}
API = "https://api.example.test"
FOREIGN = "eesti-shop"


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    with staff_desk.configured():
        yield Desk(world)


@pytest.fixture
def operator(desk: Desk) -> SupplierProgram:
    """A program of Juho, operator of Kivisalo."""
    return program_of(desk)


def program_of(desk: Desk) -> SupplierProgram:
    juho = desk.user("operator", desk.staff.kivisalo)
    return SupplierProgram(juho, scopes=service_users.OPERATOR_SCOPES, base="/api/v1/applications")


def plain(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def problem(answer: Any) -> tuple[int, dict[str, Any]]:
    """The status and the body without the reference, which differs for each request."""
    return answer.status_code, {name: one for name, one in answer.json().items() if name != "reference"}


def call(program: Any, action: Action, ids: dict[str, str]) -> Any:
    return program.call(action.method, action.path.format(**ids), action.body)


def foreign_application(desk: Desk) -> None:
    """An application of Eesti with a client and a connected system."""
    system = desk.world.system
    applications_commands.register_application(
        actor=system, key=FOREIGN, name={"en": "Shop"}, unit="eesti", client=new_client(FOREIGN)
    )
    row = Application.objects.get(key=FOREIGN)
    targets_commands.register(actor=system, application=row, **CONNECTED)


def new_client(name: str) -> NewClient:
    return NewClient(client_id=name, name=name, redirect_uris=[f"https://{name}.example.test/callback"])


def accepts(client: str, secret: str) -> bool:
    found = clients_queries.find(client=client)
    return found is not None and found.verify_secret(secret)


def test_each_action_needs_its_scope_and_its_kind_of_program(
    world: World, desk: Desk, operator: SupplierProgram
) -> None:
    manager = SupplierProgram(desk.user("account_manager", desk.staff.kivisalo))
    for refused in (Program(world.aino), manager):
        for action in APPLICATION_ACTIONS:
            assert plain(call(refused, action, KNOWN)) == (403, "insufficient_scope"), action
    scopes = {scope for action in APPLICATION_ACTIONS for scope in action.scopes}
    assert scopes == service_users.OPERATOR_SCOPES
    # The connecting scope is last but one to be tried: reading a system needs one.
    for scope in ("supplier.targets.write", "supplier.applications.read", "supplier.applications.write"):
        operator.token = service_users.token(operator.made, scopes=frozenset({scope}))
        for action in APPLICATION_ACTIONS:
            answer = call(operator, action, KNOWN)
            expected = action.status if scope in action.scopes else 403
            assert answer.status_code == expected, (scope, action, answer.content)
            if expected == 403:
                assert answer.json()["code"] == "insufficient_scope"
    assert [str(one) for one in state_check.differences()] == []


def test_application_of_another_unit_is_answered_as_an_unknown_one(
    desk: Desk, operator: SupplierProgram
) -> None:
    foreign_application(desk)
    unknown = operator.get("nowhere")
    assert plain(unknown) == (404, "not_found")
    for action in APPLICATION_ACTIONS:
        if "{application}" not in action.path:
            continue
        for key in (FOREIGN, "nowhere"):
            answer = call(operator, action, {"application": key, "client": key})
            assert problem(answer) == problem(unknown), (key, action)
        if "{client}" in action.path:
            for client in (FOREIGN, "crm", "nowhere"):
                answer = call(operator, action, {"application": "ordering", "client": client})
                assert problem(answer) == problem(unknown), (client, action)
        elif "/target" in action.path and action.method != "POST":
            assert problem(call(operator, action, KNOWN)) == problem(unknown), "no system is connected"
    assert [row["key"] for row in operator.get(operator.base).json()["items"]] == ["crm", "ordering"]
    refused = operator.post(operator.base, {**APPLICATION, "unit": "eesti"})
    assert plain(refused) == (403, "denied")
    including = [
        operator.post("ordering/target", {**CONNECTED, "include_applications": [key]})
        for key in (FOREIGN, "nowhere")
    ]
    assert problem(including[0]) == problem(including[1])
    assert plain(including[0]) == (400, "invalid_input")
    assert not Target.objects.filter(application__key="ordering").exists()
    assert not Application.objects.filter(key="claims").exists()


def test_system_with_rights_of_another_unit_is_changed_by_those_of_both_alone(
    desk: Desk, operator: SupplierProgram
) -> None:
    foreign_application(desk)
    row = Application.objects.get(key="ordering")
    settings = {**CONNECTED, "include_applications": [FOREIGN]}
    targets_commands.register(actor=desk.world.system, application=row, **settings)
    moved = {"base_url": "https://mine.example.test/scim", "token": "mine"}
    assert operator.patch("ordering/target", moved).status_code in {403, 404}
    assert operator.patch("ordering/target", {"include_applications": []}).status_code in {403, 404}
    assert Target.objects.get(application=row).base_url == CONNECTED["base_url"]


def test_program_has_nothing_once_its_owner_or_itself_has_nothing(
    desk: Desk, operator: SupplierProgram
) -> None:
    juho = desk.user("operator", desk.staff.kivisalo)
    foreign_application(desk)
    service_users.sign_in_owner(juho, "support")
    assert operator.get("ordering").status_code == 404, "the last sign-in allows another role"
    service_users.sign_in_owner(juho)
    assert operator.get("ordering").status_code == 200
    right = StaffRight.objects.get(user=juho)
    staff_commands.end(actor=desk.staff.owner, rights=[right], reason="moved")
    desk.staff.give(juho, "operator", unit=desk.staff.eesti)
    assert operator.get("ordering").status_code == 404
    assert [row["key"] for row in operator.get(operator.base).json()["items"]] == [FOREIGN]
    (right,) = StaffRight.objects.filter(user=juho, valid_until__isnull=True)
    staff_commands.end(actor=desk.staff.owner, rights=[right], reason="left")
    assert plain(operator.get(operator.base)) == (403, "denied")
    assert plain(operator.post(operator.base, APPLICATION)) == (404, "not_found")
    row = service_users_queries.for_command(service_user=operator.made.service_user)
    service_users_commands.end(actor=desk.world.system, service_user=row)
    for action in APPLICATION_ACTIONS:
        assert plain(call(operator, action, KNOWN)) == (401, "invalid_token"), action


def secret_of(answer: Any, again: Any) -> str:
    """The secret of an answer, after a comparison with that of the same request with the same key."""
    first, second = answer.json(), again.json()
    assert answer.status_code == again.status_code < 300, (first, second)
    assert again["Idempotent-Replayed"] == "true"
    assert second == {**first, "secret": ""}
    return str(first["secret"])


def exchange(*texts: str) -> None:
    """Store requests to the connected system and its answers, all with these texts."""
    answers = [{"status": "400", "detail": f"wrong: {one}"} for one in texts]
    endpoint = ScimEndpoint(
        profile.build(target=Target.objects.get()), AnsweringPool(*(reply(400, one) for one in answers))
    )
    for one in texts:
        with pytest.raises(Rejected):
            endpoint.create({"schemas": ["urn:x"], "userName": one, "password": one})
    assert exchanges.store() >= len(texts)


def test_secret_is_in_one_answer_alone_and_in_no_log(
    operator: SupplierProgram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        body = {**APPLICATION, "client": REGISTERED}
        first = secret_of(*(operator.post(operator.base, body, key="a") for _ in range(2)))
        other = {**REGISTERED, "client_id": "claims-app"}
        second = secret_of(*(operator.post("claims/clients", other, key="b") for _ in range(2)))
        place = "claims/clients/claims-web"
        hours = {"overlap_hours": 24}
        third = secret_of(*(operator.post(f"{place}/rotate", hours, key="c") for _ in range(2)))
        assert [accepts("claims-web", one) for one in (first, third)] == [True, True]
        assert (
            operator.post(f"{place}/retire", key="d").json()
            == operator.post(f"{place}/retire", key="d").json()
        )
        assert [accepts("claims-web", one) for one in (first, third)] == [False, True]
        keys = {"jwks_uri": "https://claims.example.test/jwks.json"}
        assert operator.patch(place, keys, key="e").json()["secret"] == ""
        fourth = secret_of(*(operator.patch(place, {"jwks_uri": ""}, key="f") for _ in range(2)))
        assert [accepts("claims-web", one) for one in (third, fourth)] == [False, True]
        token = CONNECTED["token"]
        connected = [operator.post("claims/target", CONNECTED, key="g").json() for _ in range(2)]
        assert connected[0] == connected[1]
        shown = operator.get("claims").content + operator.get(place).content
        shown += operator.get("claims/target").content + operator.post("claims/target/test").content
    assert plain(operator.post("claims/clients", {**other, "name": "Other"}, key="b")) == (
        422,
        "idempotency_key_reused",
    )
    secrets = (first, second, third, fourth, token)
    exchange(*secrets)
    seen = shown.decode() + caplog.text + json.dumps(lines, default=str)
    for secret in secrets:
        assert len(secret) >= 20
        assert secret not in seen
    assert stored_texts.tables_with(*secrets) == []
    looked_at = set(stored_texts.tables_with("userName", "client.rotate", "claims-web"))
    assert looked_at >= {"provisioning_targetexchange", "audit_event", "delegation_idempotencyrecord"}
    verbs = {event.verb for event in Event.objects.filter(actor=operator.made.service_user, outcome="done")}
    assert verbs >= {"application.register", "client.register", "client.rotate", "client.retire"}
    assert [str(one) for one in state_check.differences()] == []


def test_client_of_a_program_is_owned_by_the_programs_owner(desk: Desk, operator: SupplierProgram) -> None:
    juho = desk.user("operator", desk.staff.kivisalo)
    body = {"client_id": "erp", "name": "ERP", "program": True, "resources": [API]}
    assert operator.post("ordering/clients", body).status_code == 201
    shown = operator.get("ordering/clients/erp").json()
    assert (shown["owner"], shown["owner_has_left"], shown["type"]) == (str(juho.pk), False, "confidential")
    assert shown["secret_until"] > clock.now().isoformat()
    assert plain(operator.patch("ordering/clients/erp", {"owner": None})) == (400, "invalid_input")
    stranger = {"owner": str(desk.world.aino.user_id)}
    assert operator.patch("ordering/clients/erp", stranger).json()["data"]["field"] == "owner"
    (event,) = events.recorded(Verb.CLIENT_REGISTER)
    assert (event.actor_kind, event.actor) == ("staff_service", operator.made.service_user)


WRONG_ADDRESSES = (
    "http://shop.example.test/x",
    "http://10.0.0.1/x",
    "ftp://shop.example.test/x",
    "https://user@shop.example.test/x",
    "https://shop.example.test/x#y",
    "https://shop.example.test\\@127.0.0.1/",
    "file:///etc/passwd",
)


@pytest.mark.parametrize("address", WRONG_ADDRESSES)
def test_addresses_are_checked_as_on_the_pages(operator: SupplierProgram, address: str) -> None:
    operator.post("crm/target", CONNECTED)
    single = ("jwks_uri", "initiate_login_uri", "backchannel_logout_uri")
    lists = ("redirect_uris", "post_logout_redirect_uris", "resources")
    for name, value in (*((one, address) for one in single), *((one, [address]) for one in lists)):
        for answer in (
            operator.post("ordering/clients", {**REGISTERED, name: value}),
            operator.patch("ordering/clients/ordering", {name: value}),
        ):
            assert plain(answer) == (400, "invalid_input"), name
            assert answer.json()["data"]["field"] == name.replace("redirect_uris", "redirect_uri")
    for answer in (
        operator.post("ordering/target", {**CONNECTED, "base_url": address}),
        operator.patch("crm/target", {"base_url": address, "token": "t" * 20}),
    ):
        assert plain(answer) == (400, "invalid_input")
    assert not Client.objects.filter(protocol="claims-web").exists()
    assert Target.objects.get().base_url == CONNECTED["base_url"]


@pytest.mark.parametrize("address", ["https://127.0.0.1:1/scim", "https://10.0.0.1/scim", "https://[::1]/"])
def test_no_call_goes_to_networks_of_the_portal(operator: SupplierProgram, address: str) -> None:
    assert operator.post("ordering/target", {**CONNECTED, "base_url": address}).status_code == 201
    assert operator.post("ordering/target/test").json()["code"] == "address_refused"
    (tested,) = Event.objects.filter(verb="target.tested")
    assert (tested.actor_kind, events.body(tested)["facts"]["code"]) == ("staff_service", "address_refused")


def test_what_cannot_be_done_is_a_problem_with_the_code_of_the_domain(
    operator: SupplierProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    web, target = "ordering/clients/ordering", "ordering/target"
    assert operator.post(target, CONNECTED).status_code == 201
    cases: list[tuple[str, str, dict[str, Any], int, str]] = [
        ("POST", operator.base, {**APPLICATION, "key": "ordering"}, 409, "already_exists"),
        ("POST", operator.base, {**APPLICATION, "key": "Claims"}, 400, "invalid_input"),
        ("POST", operator.base, {**APPLICATION, "name": {}}, 400, "invalid_request"),
        ("POST", operator.base, {**APPLICATION, "name": {"xx": "Claims"}}, 400, "invalid_input"),
        ("POST", operator.base, {**APPLICATION, "unit": "nowhere"}, 400, "invalid_input"),
        ("POST", "ordering/clients", {**REGISTERED, "client_id": "crm"}, 409, "already_exists"),
        ("POST", "ordering/clients", {**REGISTERED, "client_id": "a/b"}, 400, "invalid_request"),
        ("POST", "ordering/clients", {**REGISTERED, "redirect_uris": []}, 400, "invalid_input"),
        ("POST", "ordering/clients", {**REGISTERED, "secret": "mine"}, 400, "invalid_request"),
        (
            "POST",
            "ordering/clients",
            {**REGISTERED, "type": "public", "requires_pkce": False},
            400,
            "invalid_input",
        ),
        ("PATCH", web, {}, 409, "unchanged"),
        ("PATCH", web, {"redirect_uris": []}, 400, "invalid_input"),
        ("PATCH", web, {"type": "public"}, 400, "invalid_request"),
        ("POST", f"{web}/rotate", {"overlap_hours": 2161}, 400, "invalid_input"),
        ("POST", f"{web}/retire", {}, 409, "unchanged"),
        ("POST", target, dict(CONNECTED), 409, "already_exists"),
        ("PATCH", target, {"base_url": "https://other.example.test/scim"}, 400, "invalid_input"),
        ("PATCH", target, {"is_active": False}, 400, "invalid_request"),
        ("PATCH", target, {"record_per": "person"}, 400, "invalid_request"),
        ("POST", f"{target}/pause", {"hours": 169}, 400, "invalid_request"),
        ("POST", f"{target}/resume", {}, 409, "unchanged"),
    ]
    for method, path, body, status, code in cases:
        answer = operator.call(method, path, body)
        assert plain(answer) == (status, code), (method, path, body, answer.content)
    assert plain(operator.post("ordering/clients", REGISTERED, key="")) == (400, "idempotency_key_missing")
    public = {**REGISTERED, "type": "public", "client_id": "app"}
    assert operator.post("ordering/clients", public).json()["secret"] == ""
    assert plain(operator.post("ordering/clients/app/rotate")) == (400, "invalid_input")
    assert operator.patch("ordering/clients/app", {"active": False}).status_code == 200
    assert operator.get("ordering/clients/app").json()["active"] is False
    monkeypatch.setattr(rate_limits, "TARGET_TEST", dataclasses.replace(rate_limits.TARGET_TEST, amount=1))
    tests = [operator.post(f"{target}/test") for _ in range(2)]
    assert [answer.status_code for answer in tests] == [200, 429]
    assert int(tests[1]["Retry-After"]) >= 1


def test_applications_are_listed_in_pages(desk: Desk, operator: SupplierProgram) -> None:
    for key in ("claims", "billing"):
        operator.post(operator.base, {**APPLICATION, "key": key})
    foreign_application(desk)
    found, statements, query = [], [], {"limit": "3"}
    operator.get(operator.base)  # the first request of a window adds its counter
    while query.get("after") != "None":
        with CaptureQueriesContext(connection) as counted:
            page = operator.get(operator.base, **query).json()
        found += [row["key"] for row in page["items"]]
        statements.append(len(counted))
        query["after"] = str(page["next"])
    assert found == ["billing", "claims", "crm", "ordering"]
    assert statements == [7, 8]
    foreign = Application.objects.get(key=FOREIGN)
    for cursor in (foreign.id.hex, uuid.uuid4().hex, "x"):
        assert plain(operator.get(operator.base, after=cursor)) == (400, "invalid_cursor")


def test_state_of_a_system_names_what_waits_and_what_fails(operator: SupplierProgram) -> None:
    operator.post("ordering/target", CONNECTED)
    shown = operator.get("ordering/target").json()
    assert (shown["state"], shown["updates_waiting"] > 3, shown["lag"]["changes"]) == ("waiting", True, 0)
    assert shown["settings"]["on_removal"] == "deactivate"
    assert operator.get("ordering").json()["target"]["state"] == "waiting"
    assert operator.get("crm").json()["target"] is None
    now = clock.now()
    Account.objects.filter(target=shown["id"]).update(
        last_error="unreachable", failing_since=now, due_at=None, state="failed"
    )
    (failing,) = operator.get("ordering/target").json()["accounts_failing"]
    assert (failing["code"], failing["accounts"] > 3) == ("unreachable", True)
    for path, state in (("pause", "paused"), ("resume", "up_to_date"), ("sync", "waiting")):
        body = {"hours": 1} if path == "pause" else {}
        assert operator.post(f"ordering/target/{path}", body).status_code == 200
        assert operator.get("ordering/target").json()["state"] == state


def test_service_is_connected_by_rest_alone(operator: SupplierProgram, settings: LazySettings) -> None:
    client = {"client_id": "erp", "name": "ERP", "program": True, "resources": [API]}
    made = operator.post(operator.base, {**APPLICATION, "client": client})
    assert made.status_code == 201, made.content
    sent = {
        "grant_type": "client_credentials",
        "client_id": "erp",
        "client_secret": made.json()["secret"],
        "resource": API,
    }
    assert oidc_browser.post(metadata.TOKEN, sent).json()["access_token"]
    with fake_target.running() as shop:
        settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, shop.address]
        connected = {"base_url": shop.scim, "token": fake_target.TOKEN}
        assert operator.post("claims/target", connected).status_code == 201
        assert operator.post("claims/target/test").json()["code"] == ""
    shown = operator.get("claims").json()
    assert ([one["client_id"] for one in shown["clients"]], shown["target"]["base_url"]) == (
        ["erp"],
        shop.scim,
    )
