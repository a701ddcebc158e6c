"""Calls that Schemathesis generates from the OpenAPI document find no server error and no undescribed answer."""

import pathlib

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from tests.fixtures import service_users, web_process
from tests.fixtures.world import World

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
    known = {"organization": "koskela", "person": str(world.vilma.id)}
    with web_process.running(tmp_path) as portal:
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{portal.port}/api/v1/openapi.json")
        operations = [found.ok() for found in schema.get_all_operations()]
        assert len(operations) == 13
        statuses: set[int] = set()
        for operation in operations:
            token = service_users.token(service_users.create(world.aino))
            statuses |= call(operation, token, known)
    assert {200, 400, 404} <= statuses, "the calls reach the views"
    assert not [status for status in statuses if status >= 500]


def call(operation: APIOperation, token: str, known: dict[str, str]) -> set[int]:
    """Send generated calls, half of them to a known person of a known organization; return the statuses."""
    statuses = set()

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def send(case: schemathesis.Case, *, is_known: bool) -> None:
        if is_known:
            names = case.path_parameters or {}
            case.path_parameters = {**names, **{name: known[name] for name in names if name in known}}
        response = case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)
        statuses.add(response.status_code)

    send()
    return statuses
