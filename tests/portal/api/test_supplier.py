"""Programs of the supplier's staff call the REST API: what each may, and what the customers see of it."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit.foundation import clock
from audit.models import Event
from delegation.authorization.event_types import Observation
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.verbs import Verb
from delegation.holds import commands as holds_commands
from delegation.staff import commands as staff_commands
from identity.service_users.models import ServiceUser
from identity.staff import identities
from provisioning.mail.models import Mail
from tests.fixtures import events, queued_mails, service_users, staff_desk, state_check
from tests.fixtures.api_url_map import ACTIONS, CONTACT, CUSTOMER, OF_BOTH, SUPPLIER_ACTIONS, Action
from tests.fixtures.rest_api import Program, SupplierProgram
from tests.fixtures.staff_desk import Desk
from tests.fixtures.staff_rights import acting_as
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    with staff_desk.configured():
        yield Desk(world)


@pytest.fixture
def crm(desk: Desk) -> SupplierProgram:
    """A program of Maarja, account manager of Kivisalo."""
    return SupplierProgram(desk.user("account_manager", desk.staff.kivisalo))


def plain(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def call(program: Any, action: Action, ids: dict[str, Any], path: str | None = None) -> Any:
    path = (action.path if path is None else path).format(**ids)
    return program.call(action.method, path or program.base, action.body)


def ids_of(world: World, desk: Desk, crm: SupplierProgram) -> dict[str, Any]:
    actor = acting_as(desk.user("account_manager", desk.staff.kivisalo))
    hold = holds_commands.place(actor=actor, organization=world.koskela, stops="crm", reason="overdue")
    contact = crm.post("contacts", CONTACT).json()["contact"]
    return {"hold": hold.result.hold, "contact": contact, "person": world.mikko.id}


def test_each_action_needs_its_scope_and_its_kind_of_program(
    world: World, desk: Desk, crm: SupplierProgram
) -> None:
    ids = ids_of(world, desk, crm)
    of_customer = Program(world.aino)
    for action in SUPPLIER_ACTIONS:
        if action.name not in OF_BOTH:
            assert plain(call(of_customer, action, ids)) == (403, "insufficient_scope"), action
    for action in ACTIONS:
        if action.name not in OF_BOTH:
            path = action.path.format(person=world.mikko.id, former=world.olli.id, invitation=uuid.uuid4())
            answer = crm.call(action.method, path, action.body, If_Match="*")
            assert plain(answer) == (403, "insufficient_scope"), action
    last = "supplier.suspensions.write"
    for scope in sorted(service_users.MANAGER_SCOPES, key=lambda one: one == last):
        crm.token = service_users.token(crm.made, scopes=frozenset({scope}))
        for action in SUPPLIER_ACTIONS:
            answer = call(crm, action, ids)
            expected = action.status if scope in action.scopes else 403
            assert answer.status_code == expected, (scope, action, answer.content)
            if expected == 403:
                assert answer.json()["code"] == "insufficient_scope"


def test_customer_of_another_business_unit_is_answered_as_an_unknown_one(
    world: World, desk: Desk, crm: SupplierProgram
) -> None:
    ids = ids_of(world, desk, crm)
    for action in SUPPLIER_ACTIONS:
        if action.path.startswith("/"):
            continue
        for key in ("tamm", "nowhere"):
            answer = call(crm, action, ids, f"/api/v1/organizations/{key}/{action.path}".rstrip("/"))
            assert plain(answer) == (404, "not_found"), (key, action)
        if "{" in action.path:
            answer = call(crm, action, dict.fromkeys(ids, world.somewhere))
            assert plain(answer) == (404, "not_found"), action
    listed = [row["key"] for row in crm.get("/api/v1/organizations").json()["items"]]
    assert listed == ["pohjola", "koskela"]
    refused = crm.post("/api/v1/organizations", {**CUSTOMER, "numbers": {"eesti": "E-9"}})
    assert plain(refused) == (403, "denied")
    assert [row["key"] for row in crm.get("/api/v1/organizations", limit="1").json()["items"]] == ["pohjola"]


def test_customer_is_onboarded_offered_stopped_and_resumed_with_events_of_the_program(
    world: World, desk: Desk, crm: SupplierProgram
) -> None:
    body = {**CUSTOMER, "offer": [{"entitlement": "ordering:orders.place", "amount": "5000.00"}]}
    made = crm.post("/api/v1/organizations", body, key="onboard-1")
    again = crm.post("/api/v1/organizations", body, key="onboard-1")
    assert (made.status_code, made.json()["organization"]) == (201, "uusi")
    assert (again.json(), again["Idempotent-Replayed"]) == (made.json(), "true")
    assert plain(crm.post("/api/v1/organizations", body)) == (409, "already_exists")
    assert [queued_mails.recipient_of(mail) for mail in Mail.objects.all()] == ["a@uusi.example"]
    crm.base = "/api/v1/organizations/uusi"
    (found,) = crm.get("/api/v1/organizations", text="K-900").json()["items"]
    assert found["numbers"] == [{"unit": "kivisalo", "name": "Kivisalo", "number": "K-900"}]
    wanted = {"unit": "kivisalo", "offer": [{"entitlement": "ordering:orders.see"}]}
    preview = crm.post("ceiling/preview", wanted).json()
    assert {one["entitlement"] for one in preview["changes"]} == {
        "ordering:orders.place",
        "ordering:orders.see",
    }
    assert crm.put("ceiling", {**wanted, "seen": preview["seen"]}).status_code == 200
    assert plain(crm.put("ceiling", {**wanted, "seen": preview["seen"]})) == (409, "difference_changed")
    assert [one["entitlement"] for one in crm.get("ceiling").json()["ceiling"]] == ["ordering:orders.see"]
    hold = crm.post("holds", {"stops": "ordering", "reason": "overdue"}).json()["hold"]
    assert [one["id"] for one in crm.get("holds").json()["items"]] == [hold]
    assert plain(crm.post("holds", {"stops": "ordering", "reason": "overdue"})) == (409, "already_exists")
    assert crm.post(f"holds/{hold}/lift").status_code == 200
    assert plain(crm.post(f"holds/{hold}/lift")) == (404, "not_found")
    assert crm.get("suspension/preview").json()["invitations"] == 1
    assert crm.post("suspension", {"reason": "contract_ended"}).status_code == 201
    assert plain(crm.post("suspension", {"reason": "contract_ended"})) == (409, "already_suspended")
    suspension = crm.get("suspension").json()["suspension"]["id"]
    assert crm.post("suspension/end", {"suspension": suspension}).status_code == 200
    placed = next(event for event in events.recorded(Verb.HOLD_PLACE) if event.organization)
    assert (placed.actor_kind, placed.actor) == ("staff_service", crm.made.service_user)
    assert [str(one) for one in state_check.differences()] == []


def test_question_is_answered_and_each_reading_is_in_the_customers_log(
    world: World, crm: SupplierProgram
) -> None:
    found = crm.get("who-could", could="ordering:orders.place", over="1000").json()["items"]
    assert [one["name"] for one in found] == ["Mikko Laine"]
    rights = crm.get(f"people/{found[0]['person']}/rights").json()
    assert (rights["name"], found[0]["grounds"] in [one["grounds"] for one in rights["rights"]]) == (
        "Mikko Laine",
        True,
    )
    assert crm.get(f"people/{world.stina.id}/rights").status_code == 404
    assert crm.get(crm.base).status_code == crm.get("contacts").status_code == 200
    read = Event.objects.filter(verb=Observation.CUSTOMER_DATA_READ, organization=world.koskela.id)
    assert {(event.actor_kind, events.body(event)["facts"]["page"]) for event in read} == {
        ("staff_service", "answer"),
        ("staff_service", "organization"),
        ("staff_service", "rights"),
    }
    assert read.get(subject_kind="membership").subject == world.mikko.id


def test_program_stops_with_its_owners_right_sign_in_and_group(
    world: World, desk: Desk, crm: SupplierProgram
) -> None:
    owner = desk.user("account_manager", desk.staff.kivisalo)

    def answer() -> int:
        return int(crm.get("holds").status_code)

    assert answer() == 200
    service_users.sign_in_owner(owner, "support")
    assert answer() == 404, "the last sign-in allows another role"
    service_users.sign_in_owner(owner, "account_manager")
    assert answer() == 200
    right = StaffRight.objects.get(user=owner)
    staff_commands.end(actor=desk.staff.owner, rights=[right], reason="moved")
    assert answer() == 404, "the right has ended"


def test_program_stops_some_weeks_after_its_owners_last_sign_in(crm: SupplierProgram, desk: Desk) -> None:
    owner = desk.user("account_manager", desk.staff.kivisalo)
    with bypassing_commands():
        past = clock.now() - dt.timedelta(days=45)
        identities.note_sign_in(user=owner, roles=["account_manager"], at=past)
    assert plain(crm.get("holds")) == (401, "invalid_token")


def test_database_keeps_scopes_of_customers_and_of_staff_apart(world: World, crm: SupplierProgram) -> None:
    mine = service_users.create(world.aino)
    for row, scopes in ((mine.service_user, "supplier.holds.write"), (crm.made.service_user, "people.read")):
        with pytest.raises(IntegrityError, match="service_user_scopes_of_owner"), transaction.atomic():
            ServiceUser.objects.filter(id=row).update(scopes=scopes)
