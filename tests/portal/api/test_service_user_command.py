"""The operator creates, lists and ends service users by a command."""

import re

import pytest
from django.core.management import CommandError, call_command

from delegation.authorization.verbs import Verb
from identity.service_users import service_tokens
from tests.fixtures import events, service_users, staff_rights
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("service_user", *arguments)
    return capsys.readouterr().out


def accepts(client: str, secret: str) -> bool:
    found = service_tokens.find(client=client)
    assert found is not None
    return found.verify_secret(secret)


def test_command_creates_lists_exchanges_and_ends_a_service_user(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(capsys, "create", "koskela", "aino@koskela.example", "ERP", "people.read", "--days", "30")
    client, secret = re.findall(r": (\S+)$", out, re.MULTILINE)
    found = service_tokens.find(client=client)
    assert found is not None
    assert found.verify_secret(secret)
    listed = rf"^{client} in force .* Aino Virtanen: ERP \(people.read\)$"
    assert re.search(listed, run(capsys, "list", "koskela"), re.MULTILINE)
    (second,) = re.findall(r": (\S+)$", run(capsys, "rotate", client, "--hours", "24"), re.MULTILINE)
    assert [accepts(client, one) for one in (secret, second)] == [True, True]
    run(capsys, "retire", client)
    assert [accepts(client, one) for one in (secret, second)] == [False, True]
    run(capsys, "keys", client, "https://erp.example/jwks.json")
    assert not accepts(client, second)
    run(capsys, "end", client)
    assert service_tokens.find(client=client) is None
    assert " ended " in run(capsys, "list", "koskela")
    (event,) = events.recorded(Verb.SERVICE_USER_END)
    assert (event.actor_kind, event.outcome) == ("system", "done")


def test_command_creates_and_lists_a_service_user_of_staff(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    staff = Staff(world)
    maarja = staff_rights.hired("Maarja Kuusk")
    staff.give(maarja, "account_manager", unit=staff.kivisalo)
    service_users.sign_in_owner(maarja)
    out = run(capsys, "create_staff", str(maarja.pk), "CRM", "supplier.holds.write", "--days", "30")
    client, secret = re.findall(r": (\S+)$", out, re.MULTILINE)
    found = service_tokens.find(client=client)
    assert found is not None
    assert found.verify_secret(secret)
    assert re.search(rf"^{client} in force .* Maarja Kuusk: CRM", run(capsys, "list_staff"), re.MULTILINE)
    for owner, days, says in (
        (staff.otso.pk, "30", "exceeds_authority"),
        (maarja.pk, "181", "exceeds_authority"),
        (world.aino.user_id, "30", "no staff member"),
    ):
        with pytest.raises(CommandError, match=says):
            call_command(
                "service_user", "create_staff", str(owner), "CRM", "supplier.holds.write", "--days", days
            )
    run(capsys, "end", client)
    assert service_tokens.find(client=client) is None
    (event,) = events.recorded(Verb.STAFF_SERVICE_END)
    assert (event.actor_kind, event.organization, event.outcome) == ("system", None, "done")


WRONG = [
    (["create", "nowhere", "aino@koskela.example", "ERP", "people.read"], "no customer"),
    (["create", "koskela", "tiina@pohjola.example", "ERP", "people.read"], "no person"),
    (["create", "koskela", "ulla@koskela.example", "ERP", "activity.read"], "exceeds_authority"),
    (
        ["create", "koskela", "aino@koskela.example", "ERP", "people.read", "--days", "367"],
        "exceeds_authority",
    ),
    (
        ["create", "koskela", "aino@koskela.example", "ERP", "people.read", "--days", "0"],
        "invalid_access",
    ),
    (["create", "koskela", "aino@koskela.example", "ERP", "everything"], "everything"),
    (["create", "koskela", "aino@koskela.example", "ERP", "people.read", "--keys", "x"], "invalid_input"),
    (["end", "00000000-0000-7000-8000-000000000009"], "not_found"),
]


def test_command_names_what_is_wrong(world: World) -> None:
    for arguments, says in WRONG:
        with pytest.raises(CommandError, match=says):
            call_command("service_user", *arguments)
