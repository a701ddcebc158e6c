"""Whatever programs of operators can set of a client, an application or a system, they can read back."""

from collections.abc import Collection
from typing import Any

import pytest
from rest_framework.serializers import Serializer

from portal.api.v1.application_fields import (
    ApplicationInput,
    ApplicationSerializer,
    ClientChangeInput,
    ClientInput,
    ClientSerializer,
)
from portal.api.v1.target_fields import (
    ApplicationDetailSerializer,
    TargetChangeInput,
    TargetDetailSerializer,
    TargetInput,
)
from tests.fixtures import service_users, staff_desk
from tests.fixtures.rest_api import SupplierProgram
from tests.fixtures.service_settings import CLIENT, TARGET
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World

CHANGED: dict[str, Any] = {
    **TARGET,
    "base_url": "http://127.0.0.1:1/other",
    "on_removal": "deactivate",
    "name_form": "formatted",
    "media_type": "application/scim+json",
    "send_phone": False,
    "include_applications": [],
    "verify_writes": False,
}


def names(*serializers: type[Serializer[Any]]) -> set[str]:
    """The fields of these, and of the serializers that stand in them."""
    found: set[str] = set()
    for serializer in serializers:
        fields = serializer().fields
        inner = [type(field) for field in fields.values() if isinstance(field, Serializer)]
        found |= fields.keys() | (names(*inner) if inner else set())
    return found


@pytest.mark.parametrize(
    ("write", "read", "hidden"),
    [
        (ClientInput, ClientSerializer, ()),
        (ClientChangeInput, ClientSerializer, ()),
        (TargetInput, TargetDetailSerializer, ("token",)),
        (TargetChangeInput, TargetDetailSerializer, ("token",)),
        # The first client is one of the application's clients.
        (ApplicationInput, ApplicationSerializer, ("client",)),
    ],
)
def test_every_field_that_is_written_is_read(
    write: type[Serializer[Any]], read: type[Serializer[Any]], hidden: Collection[str]
) -> None:
    assert write().fields.keys() - names(read) == set(hidden)
    assert "clients" in ApplicationDetailSerializer().fields


@pytest.mark.django_db(transaction=True)
def test_each_value_that_is_written_is_read_back(world: World) -> None:
    with staff_desk.configured():
        desk = Desk(world)
        juho = desk.user("operator", desk.staff.kivisalo)
        program = SupplierProgram(juho, scopes=service_users.OPERATOR_SCOPES, base="/api/v1/applications")
        sent = {**CLIENT, "owner": str(juho.pk)}
        assert sent.keys() == ClientInput().fields.keys()
        assert program.post("ordering/clients", sent).status_code == 201
        read = program.get("ordering/clients/erp-sync").json()
        assert {name: read[name] for name in sent} == sent
        (listed,) = (
            one for one in program.get("ordering").json()["clients"] if one["client_id"] == "erp-sync"
        )
        assert listed == read
        assert TARGET.keys() == TargetInput().fields.keys()
        assert program.post("ordering/target", TARGET).status_code == 201
        assert read_back(program, TARGET) == TARGET
        changes = {str(name): CHANGED[str(name)] for name in TargetChangeInput().fields}
        assert program.patch("ordering/target", changes).status_code == 200
        assert read_back(program, CHANGED) == CHANGED
        assert TARGET["token"] not in program.get("ordering/target").content.decode()


def read_back(program: SupplierProgram, sent: dict[str, Any]) -> dict[str, Any]:
    """What the system's address shows of these names; the token, which it does not show, as it was sent."""
    read = program.get("ordering/target").json()
    return {name: sent[name] if name == "token" else {**read, **read["settings"]}[name] for name in sent}
