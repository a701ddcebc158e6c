"""Every action of the REST API × every persona: who may, who is refused, and who does not learn that it exists."""

import dataclasses
import functools
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from delegation.authorization import service_scopes
from delegation.service_users import commands, queries
from identity import machine_secrets
from identity.service_users import service_tokens
from identity.service_users.models import ServiceToken
from portal.api import urls
from tests.fixtures import service_users, signed_in, staff_desk
from tests.fixtures.api_url_map import (
    ACTIONS,
    APPLICATION_ACTIONS,
    CATALOGUE_ACTIONS,
    PUBLIC,
    SUPPLIER_ACTIONS,
    Action,
)
from tests.fixtures.rest_api import Program
from tests.fixtures.snapshot import RestoreWorld
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


@dataclasses.dataclass
class Setting:
    """The world with a former person and an open invitation, and an admin's service user."""

    world: World

    def __post_init__(self) -> None:
        world = self.world
        world.remove(world.olli)
        self.invitation, _link = world.invite(
            world.koskela, "i@koskela.example", world.access("viewer"), actor=actor_of(world.aino)
        )

    def path(self, action: Action) -> str:
        return action.path.format(
            person=self.world.mikko.id, former=self.world.olli.id, invitation=self.invitation.id
        )

    def call(self, program: Program, action: Action, path: str = "") -> Any:
        return program.call(action.method, path or self.path(action), action.body, If_Match="*")


def test_every_address_has_a_row() -> None:
    actions = (*ACTIONS, *SUPPLIER_ACTIONS, *APPLICATION_ACTIONS, *CATALOGUE_ACTIONS)
    rows = {(action.name, action.method) for action in actions} | {(name, "GET") for name in PUBLIC}
    stated = {
        (str(pattern.name), method)
        for pattern in urls.urlpatterns
        for method in getattr(getattr(pattern.callback, "view_class", None), "verbs", ["GET"])
    }
    assert rows == stated


def test_each_action_needs_its_scope(restore_world: RestoreWorld) -> None:
    for scope in service_scopes.VERBS:
        setting = Setting(restore_world())
        program = Program(setting.world.aino, scopes=frozenset({scope}))
        for action in ACTIONS:
            answer = setting.call(program, action)
            expected = action.status if scope in action.scopes else 403
            assert answer.status_code == expected, (scope, action, answer.content)
            if expected == 403:
                assert answer.json()["code"] == "insufficient_scope"


def test_what_is_not_ones_own_is_answered_as_an_unknown_id(world: World) -> None:
    setting = Setting(world)
    other = Program(world.tiina)
    for action in ACTIONS:
        path = setting.path(action)
        own_organization, named_other, unknown = (
            setting.call(other, action, where)
            for where in (
                f"/api/v1/organizations/koskela/{path}",
                f"/api/v1/organizations/pohjola/{path}",
                f"/api/v1/organizations/nowhere/{path}",
            )
        )
        assert plain(own_organization) == plain(unknown) == (404, "not_found"), action
        if "{" in action.path:
            random = action.path.format(
                person=world.somewhere, former=world.somewhere, invitation=world.somewhere
            )
            answer = setting.call(other, action, f"/api/v1/organizations/pohjola/{random}")
            assert plain(named_other) == plain(answer) == (404, "not_found"), action


def plain(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@dataclasses.dataclass
class Persona:
    """Someone without a valid token; `end` makes a valid one invalid and returns what is then sent."""

    name: str
    client: Client = dataclasses.field(default_factory=Client)
    token: str = ""
    end: Callable[[], str] | None = None


def personas(world: World, desk: Desk) -> Iterator[Persona]:
    """Yield a stranger, a customer's and a staff session, and tokens that end, each of its own service user."""
    yield Persona("stranger")
    yield Persona("customer's session", signed_in.browser(world.aino))
    yield Persona("staff session", desk.browser("owner"))
    yield Persona("nonsense", token="kht_nonsense")
    for name, owner, end in (
        ("revoked token", world.aino, revoke),
        ("made-up signature", world.aino, sign_otherwise),
        ("ended service user", world.aino, end_service_user),
        ("owner who has left", world.paivi, leave),
    ):
        made = service_users.create(owner)
        token = service_users.token(made)
        yield Persona(name, token=token, end=functools.partial(end, world, made.service_user, token))


def revoke(_world: World, service_user: uuid.UUID, token: str) -> str:
    service_tokens.revoke(token=token, client=service_user)
    return token


def sign_otherwise(_world: World, service_user: uuid.UUID, token: str) -> str:
    """Write a row for a text with another signature, as someone with SQL alone might."""
    made_up = token[:-1] + ("A" if token[-1] != "A" else "B")
    row = ServiceToken.objects.get(service_user=service_user)
    row.hash = machine_secrets.hash_secret(made_up)
    row.save(force_insert=True)
    return made_up


def end_service_user(world: World, service_user: uuid.UUID, token: str) -> str:
    row = queries.for_command(service_user=service_user)
    commands.end(actor=actor_of(world.aino), service_user=row)
    return token


def leave(world: World, _service_user: uuid.UUID, token: str) -> str:
    world.remove(world.paivi)
    return token


def test_only_a_valid_token_counts(world: World) -> None:
    setting = Setting(world)
    program = Program(world.aino)
    with staff_desk.configured():
        for persona in personas(world, Desk(world)):
            program.token, program.client = persona.token, persona.client
            if persona.end is not None:
                assert program.get("sites").status_code == 200, persona.name
                program.token = persona.end()
            for action in ACTIONS:
                answer = setting.call(program, action)
                assert plain(answer) == (401, "invalid_token"), (persona.name, action)
                assert answer["WWW-Authenticate"].startswith("Bearer"), persona.name
                assert not answer.cookies, persona.name
