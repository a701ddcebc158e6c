"""Calls that Schemathesis generates from the OpenAPI document find no server error and no undescribed answer."""

import pathlib
from typing import Any
from urllib.parse import parse_qsl

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from audit.foundation.actor import Actor
from delegation.applications import clients
from delegation.applications import commands as applications_commands
from delegation.applications.new_client import NewClient
from delegation.authorization.staff_roles import StaffRole
from delegation.catalogue import commands as catalogue_commands
from delegation.customer_contacts import commands as contacts_commands
from delegation.customer_contacts.new_contact import NewContact
from delegation.holds import commands as holds_commands
from identity.clients.models import Application
from provisioning.targets import commands as targets_commands
from provisioning.targets import pauses
from tests.fixtures import service_users, web_process
from tests.fixtures.api_url_map import (
    ACTIONS,
    APPLICATION_ACTIONS,
    CATALOGUE_ACTIONS,
    CATALOGUE_FILE,
    CONNECTED,
    CONTACT,
    OF_BOTH,
    SUPPLIER_ACTIONS,
    Action,
)
from tests.fixtures.rest_api import SupplierProgram
from tests.fixtures.staff_desk import Desk
from tests.fixtures.staff_rights import acting_as, hired
from tests.fixtures.world import World, actor_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
EXAMPLES, SUPPLIER_EXAMPLES = 15, 5
"""For each operation; all together take about a minute."""
REFUSED = {
    "api_catalogue",
    "api_catalogue_proposals",
    "api_ceiling",
    "api_invitation_resend",
    "api_mail_domain_check",
    "api_resumption",
}
"""An invitation is not sent again so soon; the others name what is not there."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


def test_generated_calls_are_answered_as_the_document_says(world: World, tmp_path: pathlib.Path) -> None:
    world.remove(world.olli)
    of_supplier = [action for action in SUPPLIER_ACTIONS if action.name not in OF_BOTH]
    every = (*ACTIONS, *of_supplier, *APPLICATION_ACTIONS, *CATALOGUE_ACTIONS)
    actions = {(action.method, template(action)): action for action in every}
    desk = Desk(world)
    maarja = desk.user("account_manager", desk.staff.kivisalo)
    supplier = SupplierProgram(maarja).token
    juho = desk.user("operator", desk.staff.kivisalo)
    operator = SupplierProgram(juho, scopes=service_users.OPERATOR_SCOPES).token
    leena = hired("Leena Aho")
    desk.staff.give(leena, "catalogue_owner")
    owners = SupplierProgram(leena, scopes=service_users.scopes_of(StaffRole.CATALOGUE_OWNER)).token
    with web_process.running(tmp_path) as portal:
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{portal.port}/api/v1/openapi.json")
        operations: list[Any] = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
        assert len(operations) == len(every) == 56
        # Last the suspension: it ends what the other calls are about.
        for operation in sorted(operations, key=lambda one: "/suspension" in one.path):
            action = actions[operation.method.upper(), operation.path]
            if action in SUPPLIER_ACTIONS:
                known = supplier_ids(world, action, acting_as(maarja))
                call(operation, supplier, known, action, examples=SUPPLIER_EXAMPLES)
                continue
            if action in APPLICATION_ACTIONS:
                known = application_ids(action, acting_as(juho))
                call(operation, operator, known, action, examples=SUPPLIER_EXAMPLES)
                continue
            if action in CATALOGUE_ACTIONS:
                call(
                    operation, owners, proposed(action, acting_as(leena)), action, examples=SUPPLIER_EXAMPLES
                )
                continue
            ids = known_ids(world, action)
            token = service_users.token(service_users.create(world.aino))
            call(
                operation, token, {name: ids[name] for name in ids if f"{{{name}}}" in operation.path}, action
            )


def known_ids(world: World, action: Action) -> dict[str, str]:
    person = world.olli if "{former}" in action.path else world.mikko
    invitation, _link = world.invite(
        world.koskela,
        f"{action.name}_{action.method}@koskela.example",
        world.access("viewer"),
        actor=actor_of(world.aino),
    )
    return {"organization": "koskela", "person": str(person.id), "invitation": str(invitation.id)}


def supplier_ids(world: World, action: Action, manager: Actor) -> dict[str, str]:
    ids = {"organization": "koskela"}
    if "{hold}" in action.path:
        made = holds_commands.place(actor=manager, organization=world.koskela, stops="crm", reason="overdue")
        ids["hold"] = str(made.result.hold)
    if "{contact}" in action.path:
        new = NewContact(**CONTACT)
        added = contacts_commands.add(actor=manager, organization=world.koskela, new=new)
        ids["contact"] = str(added.result.contact)
    return {name: found for name, found in ids.items() if f"{{{name}}}" in template(action)}


def application_ids(action: Action, operator: Actor) -> dict[str, str]:
    """An application of its own for each action: what generated calls change of it concerns no other."""
    if "{application}" not in action.path:
        return {}
    key = f"{action.name}-{action.method}".lower()
    new = NewClient(client_id=key, name=key, redirect_uris=[f"https://{key}.example.test/callback"])
    applications_commands.register_application(
        actor=operator, key=key, name={"en": key}, unit="kivisalo", client=new
    )
    if action.name == "api_client_retire":
        clients.rotate_secret(actor=operator, client=key, overlap_hours=24)
    if "/target" in action.path and action.body is not CONNECTED:
        row = Application.objects.get(key=key)
        target = targets_commands.register(actor=operator, application=row, **CONNECTED).result.target
        if action.name == "api_target_resume":
            pauses.pause(actor=operator, target=target, hours=1)
    return {"application": key, "client": key} if "{client}" in action.path else {"application": key}


def proposed(action: Action, leena: Actor) -> dict[str, str]:
    if "{proposal}" not in action.path:
        return {}
    return {"proposal": str(catalogue_commands.propose(actor=leena, file=CATALOGUE_FILE).result.proposal)}


def template(action: Action) -> str:
    if action.path.startswith("/"):
        return action.path
    path = action.path.partition("?")[0].replace("{former}", "{person}")
    return f"/api/v1/organizations/{{organization}}/{path}".rstrip("/")


def call(
    operation: Any, token: str, known: dict[str, str], action: Action, *, examples: int = EXAMPLES
) -> None:
    """Send one correct call, which has its status of success, and generated ones, half of them to the known ids.

    The correct calls of REFUSED are refused, too.
    """
    allowed = {"Authorization": f"Bearer {token}"}
    correct = operation.Case(
        path_parameters=known,
        headers={"Idempotency-Key": f"{action.method}-{action.name}", "If-Match": "*"},
        query=dict(parse_qsl(action.path.partition("?")[2])),
        **({} if action.body is None else {"body": action.body, "media_type": "application/json"}),
    )
    answer = correct.call_and_validate(headers=allowed, checks=CHECKS)
    assert answer.status_code == action.status, (operation.label, answer.text)
    assert action.status < 300 or action.name in REFUSED

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def send(case: Any, *, is_known: bool) -> None:
        if is_known:
            case.path_parameters = dict(known)
        case.call_and_validate(headers=allowed, checks=CHECKS)

    send()
