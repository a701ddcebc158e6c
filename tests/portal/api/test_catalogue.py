"""Programs of catalogue owners preview, apply and propose catalogue files; a second person alone agrees."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.foundation import clock
from audit.foundation.actor import Actor, ActorKind, Channel
from audit.models import Event
from delegation.authorization.errors import OwnProposal, ProposalVoid
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.staff_roles import StaffRole
from delegation.authorization.verbs import Verb
from delegation.catalogue import catalog_file, checked_file, commands
from delegation.catalogue.models import FILE_BYTES, CatalogueProposal
from delegation.staff import commands as staff_commands
from demo import ports_and_paths
from identity.people.models import User
from portal.desk.catalogue.context import CheckPage, ProposalPage
from tests.fixtures import events, service_users, staff_desk, state_check
from tests.fixtures.api_url_map import CATALOGUE_ACTIONS, Action
from tests.fixtures.pages import page_model
from tests.fixtures.rest_api import Program, SupplierProgram
from tests.fixtures.staff_desk import Desk
from tests.fixtures.staff_rights import acting_as, hired
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/api/v1/catalogue"
SCOPES = frozenset(
    scope for scope in service_users.scopes_of(StaffRole.CATALOGUE_OWNER) if "catalogue" in scope
)
SAMPLE = ports_and_paths.CATALOG.read_text(encoding="utf-8")
VIEWER = 'entitlements = ["ordering:orders.see", "ordering:invoices.see", "crm:contacts.see"]\n\n'
FILE = SAMPLE.replace(VIEWER, 'entitlements = ["ordering:orders.see", "crm:contacts.see"]\n\n', 1)
"""Three viewers lose invoices."""
OTHER_TEXT = SAMPLE.replace("Sees prices, orders and invoices. Orders nothing.", "Sees orders.")


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    with staff_desk.configured():
        yield Desk(world)


@pytest.fixture
def ville(desk: Desk) -> User:
    return owner(desk, "Ville Laine")


@pytest.fixture
def program(ville: User) -> SupplierProgram:
    """A program of Ville, catalogue owner of everything."""
    return SupplierProgram(ville, scopes=SCOPES, base=BASE)


def owner(desk: Desk, name: str) -> User:
    user = hired(name)
    desk.staff.give(user, "catalogue_owner")
    return user


def plain(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def problem(answer: Any) -> tuple[int, dict[str, Any]]:
    return answer.status_code, {name: one for name, one in answer.json().items() if name != "reference"}


def call(program: Any, action: Action, proposal: object) -> Any:
    return program.call(action.method, action.path.format(proposal=proposal), action.body)


def previewed(program: SupplierProgram, file: str = FILE) -> dict[str, str]:
    """The body of a change that was previewed."""
    return {"file": file, "seen": program.post("preview", {"file": file}).json()["seen"]}


def propose(program: SupplierProgram) -> CatalogueProposal:
    made = program.post("proposals", previewed(program))
    return CatalogueProposal.objects.get(id=made.json()["proposal"])


def viewer_versions() -> int:
    return RoleVersion.objects.filter(role__key="viewer").count()


def digest(row: CatalogueProposal) -> str:
    return checked_file.preview(catalogue=catalog_file.parse(text=row.file), at=clock.now()).digest


def test_each_action_needs_its_scope_and_its_kind_of_program(
    world: World, desk: Desk, program: SupplierProgram
) -> None:
    proposal = propose(program).id
    manager = SupplierProgram(desk.user("account_manager", desk.staff.kivisalo))
    for refused in (Program(world.aino), manager):
        for action in CATALOGUE_ACTIONS:
            assert plain(call(refused, action, proposal)) == (403, "insufficient_scope"), action
    assert {scope for action in CATALOGUE_ACTIONS for scope in action.scopes} == SCOPES
    for scope in sorted(SCOPES):
        program.token = service_users.token(program.made, scopes=frozenset({scope}))
        for action in CATALOGUE_ACTIONS:
            answer = call(program, action, proposal)
            expected = action.status if scope in action.scopes else 403
            assert answer.status_code == expected, (scope, action, answer.content)
            if expected == 403:
                assert answer.json()["code"] == "insufficient_scope"


def test_right_for_one_unit_reads_the_catalogue_and_finds_no_proposal(
    world: World, desk: Desk, program: SupplierProgram
) -> None:
    of_unit = SupplierProgram(desk.user("catalogue_owner", desk.staff.kivisalo), scopes=SCOPES, base=BASE)
    proposal = propose(program).id
    for action in CATALOGUE_ACTIONS:
        answer = call(of_unit, action, proposal)
        if "{proposal}" in action.path:
            assert plain(answer) == (404, "not_found")
            assert problem(answer) == problem(call(of_unit, action, world.somewhere))
        else:
            assert answer.status_code == (200 if action.method == "GET" else 403), action
    assert plain(call(program, CATALOGUE_ACTIONS[-1], world.somewhere)) == (404, "not_found")
    assert viewer_versions() == 1


def test_preview_has_the_numbers_of_the_page_and_the_customers_log_names_the_program(
    desk: Desk, ville: User, program: SupplierProgram
) -> None:
    answer = program.post("preview", {"file": FILE}, key="")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["people_losing"], body["organizations_losing"], body["people_gaining"]) == (3, 2, 0)
    assert [(row["organization"], row["people_losing"]) for row in body["organizations"]] == [
        ("pohjola", 2),
        ("koskela", 1),
    ]
    (role,) = body["roles"]
    assert (role["role"], role["version"], role["next_version"]) == ("viewer", 1, 2)
    assert role["changes"] == [
        {
            "part": "entitlement",
            "key": "ordering:invoices.see",
            "direction": "loss",
            "before": "yes",
            "after": "",
            "people": 3,
        }
    ]
    assert (body["nothing"], body["needs_second_person"]) == (False, False)
    read = Event.objects.filter(verb="customer_data.read", actor=program.made.service_user)
    assert set(read.values_list("organization", flat=True)) == {desk.world.koskela.id, desk.world.pohjola.id}
    browser = desk.signed_in(ville, "catalogue_owner")
    page = page_model(
        browser.post("/staff/catalogue/check", {"text": FILE, "idempotency_key": "k"}), CheckPage
    )
    assert page.difference.digest == body["seen"]
    assert viewer_versions() == 1


def test_file_is_applied_once_by_the_program_and_read_back(program: SupplierProgram) -> None:
    before = program.get(BASE).json()
    assert program.post("preview", {"file": before["file"]}).json()["nothing"]
    body = previewed(program, FILE.replace("\n", "\r\n"))
    answers = [program.post(BASE, body, key="apply-1") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["roles"] == ["viewer"]
    assert "Idempotent-Replayed" in answers[1]
    assert viewer_versions() == 2
    (event,) = Event.objects.filter(verb=Verb.CATALOGUE_APPLY, actor=program.made.service_user)
    assert (event.actor_kind, events.body(event)["facts"]["people_losing"]) == ("staff_service", 3)
    after = program.get(BASE).json()
    assert after["version"] != before["version"]
    assert catalog_file.parse(text=after["file"]).roles[0].entitlements == [
        "ordering:orders.see",
        "crm:contacts.see",
    ]
    assert plain(program.post(BASE, body, key="apply-2")) == (409, "difference_changed")
    assert plain(program.post(BASE, {**body, "file": OTHER_TEXT}, key="apply-1")) == (
        422,
        "idempotency_key_reused",
    )
    assert plain(program.post(BASE, body, key="")) == (400, "idempotency_key_missing")
    assert [str(one) for one in state_check.differences()] == []


def test_file_above_the_threshold_waits_for_another_person_than_the_programs_owner(
    desk: Desk, ville: User, program: SupplierProgram, settings: Any
) -> None:
    settings.CATALOGUE_LOSSES_BY_ONE = 2
    body = previewed(program)
    assert program.post("preview", {"file": FILE}).json()["needs_second_person"]
    refused = program.post(BASE, body, key="one-key")
    assert plain(refused) == (409, "second_person_required")
    assert refused.json()["data"] == {"people_losing": 3, "most": 2}
    made = program.post("proposals", body, key="one-key")
    assert (made.status_code, made["Location"]) == (202, f"{BASE}/proposals/{made.json()['proposal']}")
    assert program.post("proposals", body, key="one-key").json() == made.json()
    assert plain(program.post("proposals", body)) == (409, "already_exists")
    read = program.get(made["Location"]).json()
    assert (read["state"], read["people_losing"], read["file"], read["decided_at"]) == ("open", 3, FILE, None)
    row = CatalogueProposal.objects.get()
    for actor in (acting_as(ville), program_actor(program, ville)):
        with pytest.raises(OwnProposal):
            commands.agree(actor=actor, proposal=row, seen=digest(row))
    assert viewer_versions() == 1
    commands.agree(actor=acting_as(owner(desk, "Pekka Ranta")), proposal=row, seen=digest(row))
    assert program.get(made["Location"]).json()["state"] == "applied"
    assert viewer_versions() == 2
    assert [str(one) for one in state_check.differences()] == []


def test_page_of_a_proposal_names_the_program_and_offers_its_owner_no_agreement(
    desk: Desk, ville: User, program: SupplierProgram
) -> None:
    url = f"/staff/catalogue/proposals/{propose(program).id}/"
    page = page_model(desk.signed_in(ville, "catalogue_owner").get(url), ProposalPage)
    assert (page.own, page.proposed_by) == (True, "CRM, a program of Ville Laine")
    other = desk.signed_in(owner(desk, "Pekka Ranta"), "catalogue_owner")
    assert not page_model(other.get(url), ProposalPage).own


def program_actor(program: SupplierProgram, owner: User) -> Actor:
    """The program as the API sees it, with more scopes than its token has."""
    return Actor(
        kind=ActorKind.STAFF_SERVICE,
        id=program.made.service_user,
        channel=Channel.API,
        owner=owner.pk,
        scopes=SCOPES,
        staff_roles=frozenset(StaffRole),
    )


def test_agreement_of_the_owner_of_the_program_that_proposed_is_refused_by_the_database(
    desk: Desk, ville: User, program: SupplierProgram
) -> None:
    row, pekka = propose(program), owner(desk, "Pekka Ranta")
    decided = (
        "state = 'applied', decided_at = now(), decided_act = act, decided_by_kind = 'staff', decided_by = %s"
    )
    statement = f"UPDATE delegation_catalogueproposal SET {decided} WHERE id = %s"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [pekka.pk, row.id])
        transaction.set_rollback(True)
    with (
        pytest.raises(IntegrityError, match="the owner of the program that proposed does not agree"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [ville.pk, row.id])


def test_owner_withdraws_what_the_program_proposed_and_another_person_refuses(
    desk: Desk, ville: User, program: SupplierProgram
) -> None:
    first = propose(program)
    commands.refuse(actor=acting_as(ville), proposal=first)
    second = propose(program)
    commands.refuse(actor=acting_as(owner(desk, "Pekka Ranta")), proposal=second)
    states = [program.get(f"proposals/{row.id}").json()["state"] for row in (first, second)]
    assert states == ["withdrawn", "refused"]


def test_proposal_is_void_once_the_owner_of_the_program_is_no_catalogue_owner(
    desk: Desk, ville: User, program: SupplierProgram
) -> None:
    row = propose(program)
    rights = list(StaffRight.objects.filter(user=ville))
    staff_commands.end(actor=desk.staff.owner, rights=rights, reason="moved")
    with pytest.raises(ProposalVoid):
        commands.agree(actor=acting_as(owner(desk, "Pekka Ranta")), proposal=row, seen=digest(row))
    assert plain(program.get(BASE)) == plain(program.post("preview", {"file": FILE})) == (403, "denied")
    assert plain(program.get(f"proposals/{row.id}")) == (404, "not_found")


def test_malformed_file_is_refused_with_the_place_of_each_problem(program: SupplierProgram) -> None:
    wrong = SAMPLE.replace("[units]", "[unit]").replace("shopping-cart", "nonsense")
    misspelled = SAMPLE.replace('"member.view"', '"member.vew"', 1)
    for file, place in (
        (wrong, "unit is not known"),
        (misspelled, "verbs must be a list in which each is one of the portal's verbs"),
        (SAMPLE.replace("shopping-cart", "nonsense"), "nonsense is not known. The known icons are"),
        ("[units\n", "(at line 1, column 7)"),
        ("", "units is missing."),
    ):
        for path, more in (("preview", {}), (BASE, {"seen": "x"}), ("proposals", {"seen": "x"})):
            answer = program.post(path, {"file": file or "# none", **more})
            assert plain(answer) == (400, "invalid_request"), (file[:20], path)
            named = answer.json()["errors"]
            assert {(one["field"], one["code"]) for one in named} == {("file", "invalid")}
            assert any(place in one["detail"] for one in named), named
    for body, field in (
        ({"file": SAMPLE}, "seen"),
        ({"file": SAMPLE, "seen": ""}, "seen"),
        ({"file": 7, "seen": "x", "catalogue": {}}, "catalogue"),
        ({"file": "#" * (FILE_BYTES - 50), "seen": "x"}, "file"),
    ):
        answer = program.post(BASE, body)
        assert plain(answer) == (400, "invalid_request"), field
        assert field in {one["field"] for one in answer.json()["errors"]}
    assert plain(program.post(BASE, {"file": "#" * FILE_BYTES, "seen": "x"})) == (400, "malformed")
    assert not CatalogueProposal.objects.exists()


def test_two_programs_at_once_apply_one_file_and_leave_one_proposal(
    desk: Desk, program: SupplierProgram, run_concurrently: Callable[..., list[object]]
) -> None:
    other = SupplierProgram(owner(desk, "Pekka Ranta"), scopes=SCOPES, base=BASE)
    both = [(one, previewed(one)) for one in (program, other)]
    proposed: list[Any] = run_concurrently(
        *(lambda one=one, body=body: one.post("proposals", body) for one, body in both)
    )
    assert sorted(one.status_code for one in proposed) == [202, 409]
    assert CatalogueProposal.objects.count() == 1
    applied: list[Any] = run_concurrently(
        *(lambda one=one, body=body: one.post(BASE, body) for one, body in both)
    )
    assert sorted(one.status_code for one in applied) == [200, 409]
    refused = next(one for one in applied if one.status_code == 409)
    assert refused.json()["code"] == "difference_changed"
    assert viewer_versions() == 2
    assert CatalogueProposal.objects.get().state == "void"


def test_difference_that_changed_since_the_preview_is_not_applied(
    world: World, program: SupplierProgram
) -> None:
    body = previewed(program)
    world.remove(world.vilma)
    for path in (BASE, "proposals"):
        assert plain(program.post(path, body)) == (409, "difference_changed")
    assert viewer_versions() == 1
