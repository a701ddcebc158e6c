"""Missing logouts of ended sign-ins are added: one for each service that is notified."""

import datetime as dt
from collections.abc import Callable

import pytest

from audit.foundation import clock
from identity.clients.models import Client
from identity.sessions.models import SignIn
from provisioning.logout import recovery
from provisioning.logout.models import Logout
from tests.fixtures.deliveries import sign_in
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
DAY, SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)
Change = Callable[[SignIn, dt.datetime], object]


def ended(world: World, at: dt.datetime) -> SignIn:
    """Return a sign-in that ended an hour ago, at a service that is notified of it."""
    row = sign_in(world.mikko)
    SignIn.objects.filter(id=row.id).update(ended_at=at - dt.timedelta(hours=1))
    row.refresh_from_db()
    return row


def notify_no_service(_row: SignIn, _at: dt.datetime) -> None:
    with bypassing_commands():
        Client.objects.update(backchannel_logout_uri="")


def log_out(row: SignIn, at: dt.datetime) -> None:
    client = Client.objects.get(application__key="ordering")
    Logout.objects.create(sign_in=row, client=client, ended_at=at, done_at=at)


def log_out_of_another_service(row: SignIn, at: dt.datetime) -> None:
    client = Client.objects.get(application__key="crm")
    Logout.objects.create(sign_in=row, client=client, ended_at=at, done_at=at)


def log_out_another(row: SignIn, at: dt.datetime) -> None:
    other = sign_in(row.membership)
    log_out(other, at)


def test_missing_logout_of_an_ended_sign_in_is_due_once(world: World) -> None:
    at = clock.now()
    row = ended(world, at)
    assert [recovery.add_missing(at=at) for _ in range(2)] == [1, 0]
    (logout,) = Logout.objects.all()
    assert (logout.sign_in_id, logout.client.application.key) == (row.id, "ordering")
    assert (logout.ended_at, logout.due_at, logout.act) == (row.ended_at, at, None)


@pytest.mark.parametrize("change", [notify_no_service, log_out])
def test_sign_in_that_needs_no_logout_gets_none(world: World, change: Change) -> None:
    at = clock.now()
    change(ended(world, at), at)
    assert recovery.add_missing(at=at) == 0


@pytest.mark.parametrize("change", [log_out_of_another_service, log_out_another])
def test_sign_in_without_a_logout_of_its_own_gets_one(world: World, change: Change) -> None:
    at = clock.now()
    row = ended(world, at)
    change(row, at)
    assert recovery.add_missing(at=at) == 1
    assert Logout.objects.filter(sign_in=row, client__application__key="ordering").exists()


def test_sign_in_that_goes_on_gets_no_logout(world: World) -> None:
    sign_in(world.mikko)
    assert recovery.add_missing(at=clock.now()) == 0


@pytest.mark.parametrize(("age", "added"), [(89 * DAY, 0), (89 * DAY - SECOND, 1)])
def test_sign_in_of_the_last_89_days_gets_its_logout(world: World, age: dt.timedelta, added: int) -> None:
    """Deliveries of logouts are deleted after 90 days: an older sign-in had its own."""
    row = ended(world, clock.now())
    assert recovery.add_missing(at=row.started_at + age) == added
