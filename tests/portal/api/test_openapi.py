"""The OpenAPI document in the repository is that of the views, valid, and served to all."""

import json

import pytest
from django.conf import settings
from django.test import Client
from drf_spectacular.validation import validate_schema

from delegation.authorization import service_scopes
from portal.api import openapi


def test_document_in_the_repository_is_current() -> None:
    kept = (settings.BASE_DIR / "docs" / "openapi-v1.yaml").read_text("utf-8")
    assert kept == openapi.as_yaml(), "manage.py openapi > docs/openapi-v1.yaml"


def test_document_is_valid_and_names_every_scope() -> None:
    document = openapi.document()
    validate_schema(document)  # type: ignore[no-untyped-call]
    flow = document["components"]["securitySchemes"]["token"]["flows"]["clientCredentials"]
    known = {*service_scopes.VERBS, *service_scopes.STAFF_VERBS}
    assert set(flow["scopes"]) == known
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        named = {scope for one in operation["security"] for scope in one["token"]}
        assert named, operation["operationId"]
        assert named <= known


def test_document_is_served_without_a_token() -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert (answer.status_code, json.loads(answer.content)) == (
        200,
        json.loads(json.dumps(openapi.document())),
    )
    assert Client().post("/api/v1/openapi.json").status_code == 405


@pytest.mark.parametrize("name", ["AccessInput", "InvitationInput", "RemovalInput"])
def test_sent_objects_are_closed(name: str) -> None:
    assert openapi.document()["components"]["schemas"][name]["additionalProperties"] is False
