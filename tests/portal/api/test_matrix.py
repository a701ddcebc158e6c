"""Every action of the REST API × every persona: who may, who is refused, and who does not learn that it exists."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from delegation.authorization import service_scopes
from delegation.service_users import commands, queries
from identity.service_users import service_tokens
from portal.api import urls
from tests.fixtures import service_users, signed_in, staff_desk
from tests.fixtures.api_url_map import ACTIONS, PUBLIC, Action
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
    rows = {(action.name, action.method) for action in ACTIONS} | {(name, "GET") for name in PUBLIC}
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


def personas(world: World, desk: Desk) -> Iterator[tuple[str, Client, str]]:
    """Those without a valid token: a stranger, a customer's and a staff session, and tokens that have ended."""
    yield "stranger", Client(), ""
    yield "customer's session", signed_in.browser(world.aino), ""
    yield "staff session", desk.browser("owner"), ""
    yield "nonsense", Client(), "kht_nonsense"
    made = service_users.create(world.aino)
    revoked, ended, left, good = (service_users.token(made) for _ in range(4))
    service_tokens.revoke(token=revoked, client=made.service_user)
    yield "revoked token", Client(), revoked
    yield "moved signature", Client(), good[:-1] + ("A" if good[-1] != "A" else "B")
    of_leaver = service_users.create(world.paivi)
    left = service_users.token(of_leaver)
    world.remove(world.paivi)
    yield "owner who has left", Client(), left
    row = queries.for_command(service_user=made.service_user)
    commands.end(actor=actor_of(world.aino), service_user=row)
    yield "ended service user", Client(), ended


def test_only_a_valid_token_counts(world: World) -> None:
    setting = Setting(world)
    with staff_desk.configured():
        found = list(personas(world, Desk(world)))
    for name, client, token in found:
        program = Program(world.aino, token=token or "x")
        program.token, program.client = token, client
        for action in ACTIONS:
            answer = setting.call(program, action)
            assert plain(answer) == (401, "invalid_token"), (name, action)
            assert answer["WWW-Authenticate"].startswith("Bearer"), name
            assert not answer.cookies, name
