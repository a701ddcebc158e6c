"""Services that keep a session of their own learn of the end of the last right, and of the portal's session."""

from collections.abc import Callable

import jwt
import pytest

from audit.foundation import clock
from identity.clients.models import Client
from identity.grants import endings, tokens
from identity.grants.models import TokenFamily
from identity.sessions.models import Session, SignIn
from identity.sessions.store import SessionStore
from provisioning.accounts import planner
from provisioning.delivery.engine import Engine
from provisioning.http.pool import Pool
from provisioning.logout import delivery, ended_access
from provisioning.logout.delivery import LogoutDeliveries
from provisioning.logout.models import Logout
from tests.fixtures import fake_target, grants, holds
from tests.fixtures.deliveries import eventually, plan_all
from tests.fixtures.world import World, bypassing_commands, end_assignments, move_clock


@pytest.fixture(autouse=True)
def services(world: World, shop: fake_target.Server) -> fake_target.Server:
    """One logout endpoint for both applications."""
    with bypassing_commands():
        Client.objects.update(backchannel_logout_uri=shop.logout_uri)
    return shop


def logouts() -> set[str]:
    """The clients with a logout token that is due."""
    plan_all()
    planner.sweep(at=clock.now())
    return set(Logout.objects.exclude(due_at=None).values_list("client", flat=True))


def test_last_right_that_ended_logs_out_a_service_that_never_refreshes(
    world: World, services: fake_target.Server, deliverer: Callable[[], Engine]
) -> None:
    issued, other = grants.token_pair(world.mikko), grants.token_pair(world.olli, session="other")
    deliverer()
    end_assignments(world.mikko)
    eventually(lambda: services.logouts)
    assert grants.are_valid(issued) == (False, False)
    assert grants.are_valid(other) == (True, True)
    (token,) = services.logouts
    claims = jwt.decode(token, options={"verify_signature": False})
    row = SignIn.objects.get(user=world.mikko.user_id)
    assert (claims["sid"], claims["sub"], row.ended_at) == (str(row.id), str(world.mikko.user_id), None)
    assert ended_access.end_all() == 0


def test_hold_ends_the_sessions_of_the_customer_in_the_held_service_alone(world: World) -> None:
    for member in (world.mikko, world.olli, world.tiina):
        grants.token_pair(member, session=str(member.id))
    holds.place(world, holds.account_manager(world), "ordering")
    assert ended_access.end_all() == 2
    assert TokenFamily.objects.get(ended_at=None).membership_id == world.tiina.id


def test_grants_issued_since_the_look_are_not_ended(world: World) -> None:
    """A person who gets rights again, and signs in at once, is not signed out by a look that began before."""
    before = clock.now()
    grants.token_pair(world.mikko)
    opened = endings.open_grants(at=clock.now(), most=9)
    assert endings.end(grants=opened, at=before) == 0
    assert endings.end(grants=opened, at=clock.now()) == 1


def test_open_grants_are_read_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for member in (world.mikko, world.olli, world.tiina):
        grants.token_pair(member, session=str(member.id))
    at = clock.now()
    listed: list[endings.OpenGrant] = []
    while page := endings.open_grants(at=at, most=2, after=listed[-1] if listed else None):
        assert len(page) <= 2
        listed += page
    assert {grant.membership for grant in listed} == {world.mikko.id, world.olli.id, world.tiina.id}
    assert len(listed) == 3
    monkeypatch.setattr(ended_access, "_BATCH", 1)
    holds.place(world, holds.account_manager(world), "ordering")
    assert ended_access.end_all() == 2


@pytest.mark.parametrize("seconds", [3700, 13 * 3600], ids=["idle", "absolute"])
def test_session_that_a_limit_ended_ends_its_sign_ins_and_is_kept_until_then(
    world: World, seconds: int
) -> None:
    issued = grants.token_pair(world.mikko)
    move_clock(seconds)
    SessionStore.clear_expired()
    assert Session.objects.exists(), "its sign-in has not ended"
    assert ended_access.end_all() == 1
    assert grants.are_valid(issued) == (False, False)
    assert logouts() == {"ordering"}
    SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_service_that_refreshes_goes_on_beyond_the_idle_limit(world: World) -> None:
    issued = grants.token_pair(world.mikko)
    move_clock(3000)
    assert tokens.refresh(token=issued.refresh, client="ordering", scopes=[])
    move_clock(5400)
    assert ended_access.end_all() == 0
    move_clock(6700)
    assert ended_access.end_all() == 1


@pytest.mark.parametrize("fast", [0, 120])
def test_logout_token_is_valid_for_a_client_whose_clock_is_two_minutes_fast(
    world: World, services: fake_target.Server, pool: Pool, fast: int
) -> None:
    grants.token_pair(world.mikko)
    end_assignments(world.mikko)
    ended_access.end_all()
    assert logouts()
    (task,) = LogoutDeliveries(pool=pool).lease(worker=1, at=clock.now(), in_flight={}) or []
    claims = jwt.decode(delivery.token(row=task.row), options={"verify_signature": False})
    slowest_delivery = 60
    assert claims["iat"] <= clock.now().timestamp() + fast < claims["exp"] - slowest_delivery
