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

from tests.fixtures import service_users, web_process
from tests.fixtures.api_url_map import ACTIONS, Action
from tests.fixtures.world import World, actor_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
EXAMPLES = 15
"""For each operation; all together take less than a minute."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


def test_generated_calls_are_answered_as_the_document_says(world: World, tmp_path: pathlib.Path) -> None:
    world.remove(world.olli)
    actions = {(action.method, template(action)): action for action in ACTIONS}
    with web_process.running(tmp_path) as portal:
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{portal.port}/api/v1/openapi.json")
        operations: list[Any] = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
        assert len(operations) == len(ACTIONS) == 15
        for operation in operations:
            action = actions[operation.method.upper(), operation.path]
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


def template(action: Action) -> str:
    path = action.path.partition("?")[0].replace("{former}", "{person}")
    return f"/api/v1/organizations/{{organization}}/{path}"


def call(operation: Any, token: str, known: dict[str, str], action: Action) -> None:
    """Send one correct call, which has its status of success, and generated ones, half of them to the known ids.

    Only an invitation cannot be sent again so soon: its correct call is refused, too.
    """
    allowed = {"Authorization": f"Bearer {token}"}
    correct = operation.Case(
        path_parameters=known,
        headers={"Idempotency-Key": "correct", "If-Match": "*"},
        query=dict(parse_qsl(action.path.partition("?")[2])),
        **({} if action.body is None else {"body": action.body, "media_type": "application/json"}),
    )
    answer = correct.call_and_validate(headers=allowed, checks=CHECKS)
    assert answer.status_code == action.status, (operation.label, answer.text)
    assert action.status < 300 or action.name == "api_invitation_resend"

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def send(case: Any, *, is_known: bool) -> None:
        if is_known:
            case.path_parameters = dict(known)
        case.call_and_validate(headers=allowed, checks=CHECKS)

    send()
