"""A program has no more than its owner has at the instant of the call, and keys of its own (ADR 26)."""

from collections.abc import Callable
from typing import Any

import pytest

from delegation.invitations import mail_limits
from identity.organizations.models import Organization
from identity.people.models import User
from portal.oidc import metadata
from tests.fixtures import oidc_browser
from tests.fixtures.rest_api import Program
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
VIEWER = {"role": "viewer", "all_sites": True}


def invite(program: Program, name: str, key: str | None = None) -> tuple[int, str]:
    answer = program.post("invitations", {"email": f"{name}@koskela.example", "access": VIEWER}, key=key)
    return answer.status_code, answer.json().get("code", "")


def token_status(program: Program) -> int:
    assert program.made is not None
    body = {
        "grant_type": "client_credentials",
        "client_id": str(program.made.service_user),
        "client_secret": program.made.secret,
    }
    return int(oidc_browser.post(metadata.TOKEN, body).status_code)


def update(rows: Any, **values: Any) -> Callable[[], None]:
    def run() -> None:
        with bypassing_commands():
            assert rows.update(**values) == 1

    return run


def test_what_the_owner_loses_the_program_loses_at_once(world: World) -> None:
    of_aino, of_paivi = Program(world.aino), Program(world.paivi)
    owner = User.objects.filter(id=world.aino.user_id)
    customer = Organization.objects.filter(id=world.koskela.id)
    refused = (401, "invalid_token")
    steps: list[tuple[str, Callable[[], object], Program, tuple[int, str], int]] = [
        ("admin", lambda: None, of_paivi, (201, ""), 200),
        (
            "demoted",
            lambda: world.change(world.paivi, world.access("viewer")),
            of_paivi,
            (403, "denied"),
            200,
        ),
        ("inactive", update(owner, is_active=False), of_aino, refused, 401),
        ("active again", update(owner, is_active=True), of_aino, (201, ""), 200),
        ("closed", update(customer, status=Organization.Status.CLOSED), of_aino, refused, 401),
        ("open again", update(customer, status=Organization.Status.ACTIVE), of_aino, (201, ""), 200),
    ]
    for number, (name, step, program, expected, of_token) in enumerate(steps):
        step()
        assert (invite(program, f"n{number}"), token_status(program)) == (expected, of_token), name


def test_one_key_of_two_programs_is_two_changes(world: World) -> None:
    programs = Program(world.aino), Program(world.aino), Program(world.paivi)
    body = {"reason": "left"}
    removals = [
        program.post(f"people/{who.id}/remove", body, key="same")
        for program, who in zip(programs, (world.mikko, world.vilma, world.olli), strict=True)
    ]
    assert [answer.status_code for answer in removals] == [200, 200, 200]
    assert len({answer.json()["act"] for answer in removals}) == 3
    assert not [answer for answer in removals if "Idempotent-Replayed" in answer]


def test_programs_of_one_owner_share_the_limits_of_one_sender(world: World) -> None:
    programs = [Program(world.aino) for _ in range(3)]
    first = programs[0].post("invitations", {"email": "n@koskela.example", "access": VIEWER}).json()
    assert invite(programs[1], "n") == (409, "already_invited")
    for number in range(1, mail_limits.DAILY_PER_ADDRESS_AND_SENDER):
        programs[0].post(f"invitations/{first['invitation']}/cancel")
        again = {"email": "n@koskela.example", "access": VIEWER}
        first = programs[number % 3].post("invitations", again).json()
    programs[0].post(f"invitations/{first['invitation']}/cancel")
    assert invite(programs[1], "n") == (429, "rate_limited")
    assert invite(Program(world.paivi), "n") == (201, ""), "another person's share is whole"
