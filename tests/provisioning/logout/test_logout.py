"""Logout tokens: signed, one per client and sign-in, retried until confirmed."""

import datetime as dt
import io
from collections.abc import Callable

import jwt
import pytest
from django.core.management import call_command

from audit.foundation import clock
from audit.models import Event
from delegation.people.commands import members
from identity import signing_keys
from identity.clients.models import Client
from identity.grants import tokens
from identity.grants.models import TokenFamily
from identity.sessions.models import SignIn
from provisioning import tasks
from provisioning.accounts import planner
from provisioning.delivery.engine import Engine
from provisioning.delivery.errors import DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.http.pool import Pool
from provisioning.logout import delivery, recovery
from provisioning.logout.delivery import LogoutDeliveries
from provisioning.logout.models import Logout
from tests.fixtures import fake_target, grants
from tests.fixtures.deliveries import eventually, plan_all, sign_in
from tests.fixtures.fake_target import Fault
from tests.fixtures.world import World, actor_of, bypassing_commands

Start = Callable[[], Engine]


@pytest.fixture
def services(world: World, shop: fake_target.Server) -> fake_target.Server:
    """One logout endpoint for both applications."""
    with bypassing_commands():
        Client.objects.update(backchannel_logout_uri=shop.logout_uri)
    return shop


def test_every_service_of_an_ended_sign_in_gets_a_logout_token(
    world: World, services: fake_target.Server, deliverer: Start
) -> None:
    deliverer()
    row = sign_in(world.mikko)
    row.clients.add(Client.objects.get(application__key="crm"))
    other_sign_in = sign_in(world.mikko_at_pohjola)
    done = world.remove(world.mikko)
    eventually(lambda: len(services.logouts) == 2)
    published = jwt.PyJWKSet.from_json(signing_keys.jwks().decode())
    audiences = set()
    for token in services.logouts:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, published[header["kid"]], ["RS256"], audience=["ordering", "crm"])
        assert header["typ"] == "logout+jwt"
        assert claims["events"] == {delivery.EVENT: {}}
        assert (claims["sid"], claims["sub"]) == (str(row.id), str(world.mikko.user_id))
        assert claims["exp"] - claims["iat"] == 240
        assert "nonce" not in claims
        audiences.add(claims["aud"])
    assert audiences == {"ordering", "crm"}
    eventually(lambda: Event.objects.filter(verb="logout.delivered", act=done.act).count() == 2)
    assert not Logout.objects.filter(sign_in=other_sign_in).exists()


@pytest.mark.parametrize("one_session", [True, False])
def test_admins_sign_out_reaches_the_services_of_the_ended_sessions(
    world: World, services: fake_target.Server, *, one_session: bool
) -> None:
    ended, other = sign_in(world.mikko), sign_in(world.mikko)
    ended.clients.add(Client.objects.get(application__key="crm"))
    sign_in(world.mikko_at_pohjola)
    done = members.sign_out(
        actor=actor_of(world.aino), membership=world.mikko, sign_in=ended.id if one_session else None
    )
    plan_all()
    crm, ordering = (Client.objects.get(application__key=key).pk for key in ("crm", "ordering"))
    expected = {(ended.id, crm), (ended.id, ordering)} | (set() if one_session else {(other.id, ordering)})
    assert set(Logout.objects.filter(act=done.act).values_list("sign_in", "client")) == expected
    assert Logout.objects.count() == len(expected)


def test_each_attempt_sends_a_new_logout_token(
    world: World, services: fake_target.Server, deliverer: Start
) -> None:
    services.be.next = [Fault(lost_reply=True), Fault(status=500)]
    deliverer()
    sign_in(world.mikko)
    world.remove(world.mikko)
    eventually(lambda: Logout.objects.filter(done_at__isnull=False).exists(), within=15)
    assert len(services.logouts) == 2
    first, second = (jwt.decode(one, options={"verify_signature": False}) for one in services.logouts)
    assert first["jti"] != second["jti"]
    assert Logout.objects.get().attempts == 2


def test_refused_logout_token_counts_as_failed_and_is_retried(
    world: World, services: fake_target.Server, deliverer: Start
) -> None:
    services.be.always = Fault(status=400)
    deliverer()
    sign_in(world.mikko)
    done = world.remove(world.mikko)
    eventually(lambda: Logout.objects.filter(refused_at__isnull=False).exists())
    logout = Logout.objects.get()
    assert (logout.done_at, logout.last_error) == (None, "refused")
    assert logout.due_at is not None
    assert Event.objects.filter(verb="logout.failed", act=done.act).count() == 1


def test_client_without_a_logout_uri_gets_no_logout_token(world: World, deliverer: Start) -> None:
    with bypassing_commands():
        Client.objects.update(backchannel_logout_uri="")
    sign_in(world.mikko)
    world.remove(world.mikko)
    deliverer()
    eventually(lambda: planner.behind() == [])
    assert not Logout.objects.exists()


def test_inactive_client_gets_no_logout_token(
    world: World, services: fake_target.Server, deliverer: Start
) -> None:
    sign_in(world.mikko)
    world.remove(world.mikko)
    with bypassing_commands():
        Client.objects.update(is_active=False)
    plan_all()
    assert Logout.objects.update(failing_since=clock.now()) > 0
    deliverer()
    eventually(lambda: Logout.objects.filter(due_at=None, done_at=None, failing_since=None).exists())
    assert services.logouts == []
    tasks.tidy()
    assert Logout.objects.exists()
    Logout.objects.update(ended_at=clock.now() - dt.timedelta(days=91))
    tasks.tidy()
    assert not Logout.objects.exists()


def test_tidy_leaves_old_logout_tokens_that_are_retried(world: World, services: fake_target.Server) -> None:
    sign_in(world.mikko)
    world.remove(world.mikko)
    plan_all()
    assert Logout.objects.update(ended_at=clock.now() - dt.timedelta(days=91)) > 0
    tasks.tidy()
    assert Logout.objects.exists()


def tried_once(pool: Pool, at: dt.datetime) -> Logout:
    """Give the only logout after one failed attempt."""
    kind = LogoutDeliveries(pool=pool)
    (task,) = kind.lease(worker=1, at=at, in_flight={}) or []
    with pytest.raises(DeliveryError) as failed:
        task.run()
    kind.settle(outcomes=[DeliveryOutcome(task, error=failed.value)], at=at)
    return Logout.objects.get()


@pytest.mark.parametrize(
    ("status", "retry_after", "least", "most"),
    [
        (503, "0", 0.8, 1.2),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", 0.8, 1.2),
        (503, "soon", 0.8, 1.2),
        (503, "60", 60, 60),
        (429, "99999999999", 3600, 3600),
        (408, None, 0.8, 1.2),
        (500, "0", 0.8, 1.2),
        (403, "0", 3240, 3600),
    ],
)
def test_logout_waits_as_long_as_asked_and_never_shorter_than_our_own_backoff(
    *,
    world: World,
    services: fake_target.Server,
    pool: Pool,
    status: int,
    retry_after: str | None,
    least: float,
    most: float,
) -> None:
    services.be.always = Fault(status=status, retry_after=retry_after)
    sign_in(world.mikko)
    world.remove(world.mikko)
    plan_all()
    at = clock.now()
    logout = tried_once(pool, at)
    assert logout.due_at is not None
    assert least <= (logout.due_at - at).total_seconds() <= most
    assert (logout.refused_at is not None) is (status == 403)


def attempt(kind: LogoutDeliveries, at: dt.datetime) -> int:
    """Deliver once what is due. Returns how many calls."""
    tasks = kind.lease(worker=1, at=at, in_flight={}) or []
    outcomes = []
    for task in tasks:
        try:
            outcomes.append(DeliveryOutcome(task, result=task.run()))
        except DeliveryError as error:
            outcomes.append(DeliveryOutcome(task, error=error))
    kind.settle(outcomes=outcomes, at=at)
    return len(tasks)


def last_due() -> dt.datetime:
    """Give when the last of the failed logouts is due."""
    rows = Logout.objects.exclude(failing_since=None).exclude(due_at=None)
    return max(at for at in rows.values_list("due_at", flat=True) if at is not None)


@pytest.mark.parametrize("retry_after", [None, "0", "30"])
def test_unavailable_client_gets_one_logout_token_at_a_time(
    world: World,
    services: fake_target.Server,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
    retry_after: str | None,
) -> None:
    monkeypatch.setattr(delivery, "_record", lambda *_: None)
    kind = LogoutDeliveries(pool=pool)
    for _ in range(5):
        sign_in(world.mikko)
    world.remove(world.mikko)
    plan_all()
    services.be.always = Fault(status=503, retry_after=retry_after)
    assert attempt(kind, clock.now()) == 5
    sign_in(world.olli)
    world.remove(world.olli)
    plan_all()
    calls = []
    for _ in range(10):
        at = last_due()
        assert attempt(kind, at - dt.timedelta(milliseconds=1)) == 0, "a new logout waits with the others"
        calls.append(attempt(kind, at))
        assert attempt(kind, at) == 0
    assert calls == [1] * 10
    if retry_after == "30":
        assert at - clock.now() > dt.timedelta(seconds=290)
    services.be.always = None
    at = last_due()
    while attempt(kind, at):
        pass
    assert len(services.logouts) == 6
    assert not Logout.objects.filter(done_at=None).exists()


def test_refused_logout_token_holds_up_no_other(
    world: World, services: fake_target.Server, pool: Pool
) -> None:
    kind = LogoutDeliveries(pool=pool)
    for _ in range(3):
        sign_in(world.mikko)
    world.remove(world.mikko)
    plan_all()
    services.be.next = [Fault(status=400), Fault(status=400)]
    assert attempt(kind, clock.now()) == 3
    sign_in(world.olli)
    sign_in(world.olli)
    world.remove(world.olli)
    plan_all()
    assert attempt(kind, clock.now()) == 2


def change_end(row: SignIn) -> None:
    """End the sign-in as SQL of the application's role can, long ago: the end is set once."""
    SignIn.objects.filter(id=row.id).update(ended_at=clock.now() - dt.timedelta(days=3650))


def test_removal_notifies_services_of_a_sign_in_that_was_given_another_end(
    world: World, services: fake_target.Server, pool: Pool
) -> None:
    plan_all()
    change_end(sign_in(world.mikko))
    done = world.remove(world.mikko)
    plan_all()
    assert Logout.objects.get().act == done.act
    (task,) = LogoutDeliveries(pool=pool).lease(worker=1, at=clock.now(), in_flight={}) or []
    task.run()
    assert len(services.logouts) == 1


def test_reconciliation_finds_logouts_of_any_end_and_deleted_ones(
    world: World, services: fake_target.Server
) -> None:
    plan_all()
    row = sign_in(world.mikko)
    change_end(row)
    assert planner.sweep(at=clock.now(), first=True) == 0
    tasks.reconcile_all()
    assert Logout.objects.get().sign_in_id == row.id
    Logout.objects.all().delete()
    call_command("reconcile", stdout=io.StringIO())
    assert Logout.objects.get().sign_in_id == row.id


def test_row_of_an_open_sign_in_or_of_another_service_sends_no_token(
    world: World, services: fake_target.Server, pool: Pool
) -> None:
    at = clock.now()
    open_one, ended = sign_in(world.aino), sign_in(world.mikko)
    SignIn.objects.filter(id=ended.id).update(ended_at=at)
    for row, application in ((open_one, "ordering"), (ended, "crm")):
        client = Client.objects.get(application__key=application)
        Logout.objects.create(sign_in=row, client=client, ended_at=at, due_at=at)
    assert LogoutDeliveries(pool=pool).lease(worker=1, at=clock.now(), in_flight={}) == []
    assert not Logout.objects.exclude(due_at=None).exists()


def test_family_that_ended_alone_notifies_its_client_and_leaves_the_sign_in(
    world: World, services: fake_target.Server, deliverer: Start
) -> None:
    first = grants.token_pair(world.mikko)
    refreshed = tokens.refresh(token=first.refresh, client="ordering", scopes=[])
    assert refreshed is not None
    SignIn.objects.get().clients.add(Client.objects.get(application__key="crm"))
    deliverer()
    assert tokens.revoke_if_replayed(token=first.refresh, client="ordering", verb="token.replayed")
    eventually(lambda: Logout.objects.filter(done_at__isnull=False).exists())
    (token,) = services.logouts
    claims = jwt.decode(token, options={"verify_signature": False})
    row = SignIn.objects.get()
    assert (claims["aud"], claims["sid"], row.ended_at) == ("ordering", str(row.id), None)
    assert Event.objects.filter(verb="logout.delivered", organization=world.koskela.id).count() == 1


def test_row_that_names_no_end_of_a_family_sends_no_token(
    world: World, services: fake_target.Server, pool: Pool
) -> None:
    """The ordering service's family ended; the CRM's did not, and nothing ended a second later."""
    first = grants.token_pair(world.mikko)
    tokens.refresh(token=first.refresh, client="ordering", scopes=[])
    tokens.revoke_if_replayed(token=first.refresh, client="ordering", verb="token.replayed")
    ended_at = TokenFamily.objects.get().logout_at
    assert ended_at is not None
    crm = Client.objects.get(application__key="crm")
    later = ended_at + dt.timedelta(seconds=1)
    for client, at in ((crm.pk, ended_at), ("ordering", later)):
        Logout.objects.create(sign_in=SignIn.objects.get(), client_id=client, ended_at=at, due_at=ended_at)
    assert LogoutDeliveries(pool=pool).lease(worker=1, at=clock.now(), in_flight={}) == []
    assert Logout.objects.filter(due_at=None).count() == 2


def test_recovery_adds_the_logouts_of_families_that_ended_alone(
    world: World, services: fake_target.Server
) -> None:
    first = grants.token_pair(world.mikko)
    tokens.refresh(token=first.refresh, client="ordering", scopes=[])
    tokens.revoke_if_replayed(token=first.refresh, client="ordering", verb="token.replayed")
    assert (recovery.add_missing(at=clock.now()), recovery.add_missing(at=clock.now())) == (1, 0)


def test_logout_token_names_the_person_as_the_service_knows_them(
    world: World, services: fake_target.Server, pool: Pool
) -> None:
    with bypassing_commands():
        Client.objects.update(subject_per_organization=True)
    redeemed = grants.redeem(grants.code(world.mikko))
    assert redeemed is not None
    world.remove(world.mikko)
    plan_all()
    (task,) = LogoutDeliveries(pool=pool).lease(worker=1, at=clock.now(), in_flight={}) or []
    claims = jwt.decode(delivery.token(row=task.row), options={"verify_signature": False})
    assert claims["sub"] == redeemed[0].subject != str(world.mikko.user_id)
