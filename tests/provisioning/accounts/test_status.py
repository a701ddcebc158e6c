"""Status for pages: states, progress of an act, usual times; in a fixed number of statements."""

import datetime as dt
import functools
import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.foundation.actor import system
from identity.clients.models import Client
from identity.memberships.models import Membership
from identity.people.models import User
from provisioning.accounts import expected, planner, progress, reconcile, status
from provisioning.accounts.models import Account, Delivery
from provisioning.delivery.engine import Engine
from provisioning.targets import commands as targets_commands
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import age_writes, eventually, nothing_due, plan_all, sign_in
from tests.fixtures.fake_target import Fault
from tests.fixtures.world import World, bypassing_commands

Start = Callable[[], Engine]
EXTENSION = "urn:ietf:params:scim:schemas:extension:keyholder:2.0:User"


@pytest.fixture
def running(
    world: World,
    shop: fake_target.Server,
    crm: fake_target.Server,
    ordering: Target,
    contacts: Target,
    deliverer: Start,
) -> Engine:
    """A deliverer that has delivered all accounts to both systems."""
    engine = deliverer()
    eventually(nothing_due)
    with bypassing_commands():
        Client.objects.update(backchannel_logout_uri=shop.logout_uri)
    return engine


def states(membership: Membership) -> dict[str, str]:
    systems = status.systems_of_person(user=membership.user, memberships=[membership.id], at=clock.now())
    return {one.application: one.state for one in systems}


def test_status_up_to_date_has_equal_expected_and_actual_rights(world: World, running: Engine) -> None:
    systems = status.systems_of_person(user=world.mikko.user, memberships=[world.mikko.id], at=clock.now())
    shop = next(one for one in systems if one.application == "ordering")
    assert shop.state == "up_to_date"
    assert shop.expected == shop.actual
    placing = next(one for one in shop.expected if one["entitlement"] == "ordering:orders.place")
    assert (placing["amount"], placing["sites"]) == ("5000.00", [str(world.tampere.id)])
    assert shop.name["en"] == "Web shop"
    assert shop.checked_at is not None
    assert (shop.error, shop.next_try_at) == ("", None)


def test_rights_of_included_applications_are_shown(world: World, running: Engine, contacts: Target) -> None:
    targets_commands.change(
        actor=system(), target=contacts.id, changes={"include_applications": ["ordering"]}
    )
    world.change(world.mikko, world.access("orderer", sites=[world.tampere], amount=700))
    eventually(lambda: planner.behind() == [])
    eventually(nothing_due)
    systems = status.systems_of_person(user=world.mikko.user, memberships=[world.mikko.id], at=clock.now())
    crm = next(one for one in systems if one.application == "crm")
    assert crm.expected == crm.actual
    assert {one["entitlement"].partition(":")[0] for one in crm.expected} == {"crm", "ordering"}


def test_status_shows_only_the_rights_of_its_organization(world: World, running: Engine) -> None:
    here = status.systems_of_person(user=world.mikko.user, memberships=[world.mikko.id], at=clock.now())
    elsewhere = status.systems_of_person(
        user=world.mikko.user, memberships=[world.mikko_at_pohjola.id], at=clock.now()
    )
    assert "ordering:orders.place" in repr(here)
    assert "ordering:orders.place" not in repr(elsewhere)
    world.remove(world.mikko)
    eventually(lambda: set(states(world.mikko).values()) == {"up_to_date"} and planner.behind() == [])
    eventually(nothing_due)
    elsewhere = status.systems_of_person(
        user=world.mikko.user, memberships=[world.mikko_at_pohjola.id], at=clock.now()
    )
    assert {one.state for one in elsewhere if one.expected} == {"up_to_date"}
    account = Account.objects.get(user=world.mikko.user, target__application__key="ordering")
    assert account.acknowledged_rights[str(world.mikko.id)] == []


def test_status_in_a_failing_target_is_updating_with_code_and_next_try(
    world: World, running: Engine, crm: fake_target.Server
) -> None:
    crm.be.always = Fault(reset=True)
    world.remove(world.mikko)
    eventually(lambda: Target.objects.filter(down_since__isnull=False).exists())
    systems = status.systems_of_person(user=world.mikko.user, memberships=[world.mikko.id], at=clock.now())
    one = next(one for one in systems if one.application == "crm")
    assert systems[0] is one, "waiting systems come first"
    assert (one.state, one.error) == ("updating", "lost")
    assert one.next_try_at is not None
    assert status.worst_states(memberships=[world.mikko.id])[world.mikko.id] == status.WorstState(
        "updating", "crm"
    )


def test_differing_record_is_shown_and_resynced_on_demand(
    world: World, running: Engine, shop: fake_target.Server, ordering: Target
) -> None:
    elsewhere = shop.record_of(world.mikko.user_id)
    elsewhere[EXTENSION]["limits"][0]["amount"] = "9000.00"
    age_writes()
    report = reconcile.check(target=ordering)
    (account,) = report.differing
    assert (report.unknown, report.matching) == ([], report.total - 1)
    assert states(world.mikko)["ordering"] == "out_of_date"
    systems = status.systems_of_person(user=world.mikko.user, memberships=[world.mikko.id], at=clock.now())
    assert systems[0].actual is not None
    assert "9000.00" in repr(systems[0].actual)
    assert "9000.00" not in repr(systems[0].expected)
    assert elsewhere[EXTENSION]["limits"][0]["amount"] == "9000.00", "the check only shows the difference"
    assert reconcile.resync(accounts=[account]) == 1
    eventually(lambda: shop.record_of(world.mikko.user_id)[EXTENSION]["limits"][0]["amount"] == "5000.00")
    eventually(lambda: states(world.mikko)["ordering"] == "up_to_date")


def test_leaver_active_in_a_target_is_resynced_at_once(
    world: World, running: Engine, shop: fake_target.Server, ordering: Target
) -> None:
    world.remove(world.olli)
    eventually(lambda: not shop.record_of(world.olli.user_id)["active"])
    eventually(nothing_due)
    shop.record_of(world.olli.user_id)["active"] = True
    age_writes()
    assert len(reconcile.check(target=ordering).differing) == 1
    eventually(lambda: not shop.record_of(world.olli.user_id)["active"])


def test_target_that_lost_its_data_is_filled_by_resync(
    world: World, running: Engine, shop: fake_target.Server, ordering: Target
) -> None:
    total = len(shop.users)
    shop.users.clear()
    age_writes()
    assert len(reconcile.check(target=ordering, resync=True).differing) == total
    eventually(lambda: len(shop.users) == total)


def test_records_without_an_account_are_counted(
    world: World, running: Engine, shop: fake_target.Server, ordering: Target
) -> None:
    shop.users["x"] = {"id": "x", "externalId": "unknown", "active": True}
    assert reconcile.check(target=ordering).unknown == ["unknown"]


def test_progress_ends_when_every_system_has_confirmed(
    world: World, running: Engine, crm: fake_target.Server
) -> None:
    sign_in(world.mikko)
    crm.be.always = Fault(status=503)
    done = world.remove(world.mikko)

    def now() -> progress.Progress:
        return progress.progress_of_act(act=done.act, chain=world.koskela.id, at=clock.now())

    eventually(lambda: {line.state for line in now().lines if line.application == "ordering"} == {"closed"})
    eventually(lambda: now().lines and now().lines[0].error)
    current = now()
    assert not current.done
    waiting = current.lines[0]
    assert (waiting.application, waiting.kind, waiting.state) == ("crm", "account", "updating")
    assert (waiting.error, waiting.at) == ("busy", None)
    assert waiting.next_try_at is not None
    assert waiting.attempts >= 1
    crm.be.always = None
    eventually(lambda: now().done, within=15)
    kinds = {(line.application, line.kind) for line in now().lines}
    assert kinds == {("crm", "account"), ("ordering", "account"), ("ordering", "logout")}
    assert all(line.at is not None and 0 <= line.seconds < 20 for line in now().lines)


def test_progress_of_an_unplanned_act_is_not_done(world: World, ordering: Target) -> None:
    done = world.remove(world.mikko)
    current = progress.progress_of_act(act=done.act, chain=world.koskela.id, at=clock.now())
    assert (current.lines, current.planned, current.done) == ([], False, False)


def test_progress_of_an_act_planned_between_its_reads_names_its_systems(
    world: World, ordering: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An act that is planned only now has deliveries: progress without them would count as done."""
    done = world.remove(world.mikko)
    is_planned = progress._is_planned

    def plan_and_ask(act: uuid.UUID, chain: uuid.UUID) -> bool:
        plan_all()
        return is_planned(act, chain)

    monkeypatch.setattr(progress, "_is_planned", plan_and_ask)
    current = progress.progress_of_act(act=done.act, chain=world.koskela.id, at=clock.now())
    assert [(line.application, line.state) for line in current.lines] == [("ordering", "updating")]
    assert (current.planned, current.done) == (True, False)


def is_confirmed(user: User) -> bool:
    """Whether both systems have this person's account."""
    return Account.objects.filter(user=user, state=Account.State.UP_TO_DATE).count() == 2


def test_expected_impact_names_systems_with_usual_times(world: World, running: Engine) -> None:
    sign_in(world.mikko)
    for number in range(5):
        leaver = world.member(
            world.koskela, f"Leaver {number}", "orderer", email=f"leaver{number}@koskela.example"
        )
        # A person who comes and goes between two plans is never delivered, and counts for no usual time.
        eventually(functools.partial(is_confirmed, leaver.user), within=30)
        world.remove(leaver)
    targets = Target.objects.values_list("id", flat=True)
    eventually(lambda: len(status.usually_takes(targets=targets)) == 2, within=30)
    eventually(nothing_due, within=30)
    current = expected.expected_impact(memberships=[world.mikko.id])
    assert {one.application for one in current} == {"ordering", "crm"}
    shop = next(one for one in current if one.application == "ordering")
    assert shop.usually_takes is not None
    assert 0 < shop.usually_takes < 10


def delivered(account: Account, *, act: uuid.UUID, ago: dt.timedelta, seconds: float) -> None:
    """Store a confirmed delivery."""
    at = clock.now() - ago
    Delivery.objects.create(
        account=account,
        target=account.target,
        membership_id=account.user.memberships.values_list("id", flat=True)[0],
        organization=uuid.uuid4(),
        act=act,
        act_at=at - dt.timedelta(seconds=seconds),
        generation=1,
        done_at=at,
    )


def test_usual_time_counts_recent_acts_on_one_person(world: World, ordering: Target) -> None:
    """Mass acts, deliveries from before the registration and old deliveries do not count."""
    with bypassing_commands():
        Target.objects.update(created_at=clock.now() - dt.timedelta(days=30))
    accounts, minute = list(Account.objects.filter(target=ordering)), dt.timedelta(minutes=1)
    mass_act = uuid.uuid4()
    for account in accounts:
        delivered(account, act=mass_act, ago=minute, seconds=600)
    assert status.usually_takes(targets=[ordering.id]) == {}
    for number, seconds in enumerate([1, 2, 4, 700]):
        delivered(accounts[0], act=uuid.uuid4(), ago=minute * (number + 2), seconds=seconds)
    assert status.usually_takes(targets=[ordering.id]) == {}
    delivered(accounts[0], act=uuid.uuid4(), ago=minute * 7, seconds=3)
    delivered(accounts[0], act=uuid.uuid4(), ago=dt.timedelta(days=8), seconds=5000)
    delivered(accounts[0], act=uuid.uuid4(), ago=minute, seconds=40 * 24 * 3600)
    assert status.usually_takes(targets=[ordering.id]) == {ordering.id: 3.0}
    assert status.usually_takes(targets=[uuid.uuid4()]) == {}


def store_confirmations(target: Target, *, ago: dt.timedelta, seconds: float, number: int) -> None:
    """Store confirmed deliveries of as many acts on one person."""
    account, at = Account.objects.filter(target=target)[0], clock.now() - ago
    Delivery.objects.bulk_create(
        Delivery(
            account=account,
            target=target,
            membership_id=account.user.memberships.values_list("id", flat=True)[0],
            organization=uuid.uuid4(),
            act=uuid.uuid4(),
            act_at=at - dt.timedelta(seconds=seconds),
            generation=1,
            done_at=at,
        )
        for _ in range(number)
    )


@pytest.mark.parametrize(
    ("of_other_target", "days_ago", "number"),
    [
        pytest.param(True, 0.001, 20, id="of another system"),
        pytest.param(False, 7.1, 20, id="older than a week"),
        pytest.param(False, 2, 510, id="before the newest fifty"),
    ],
)
def test_slow_confirmations_outside_the_sample_do_not_count(
    *,
    world: World,
    ordering: Target,
    contacts: Target,
    of_other_target: bool,
    days_ago: float,
    number: int,
) -> None:
    with bypassing_commands():
        Target.objects.update(created_at=clock.now() - dt.timedelta(days=30))
    slow = contacts if of_other_target else ordering
    store_confirmations(slow, ago=dt.timedelta(days=days_ago), seconds=50, number=number)
    store_confirmations(ordering, ago=dt.timedelta(days=1), seconds=2, number=50 if number > 50 else 5)
    assert status.usually_takes(targets=[ordering.id]) == {ordering.id: 2.0}


def test_usual_time_hardly_moves_with_one_late_confirmation(world: World, ordering: Target) -> None:
    with bypassing_commands():
        Target.objects.update(created_at=clock.now() - dt.timedelta(days=30))
    account, minute = Account.objects.filter(target=ordering)[0], dt.timedelta(minutes=1)
    for number in range(5):
        delivered(account, act=uuid.uuid4(), ago=minute * (number + 2), seconds=2)
    delivered(account, act=uuid.uuid4(), ago=minute, seconds=3600)
    assert status.usually_takes(targets=[ordering.id]) == {ordering.id: 2.0}


def test_statement_counts_are_fixed(world: World, running: Engine) -> None:
    one, many = [world.mikko.id], [world.mikko.id, world.olli.id, world.vilma.id]
    at = clock.now()

    def count(call: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            call()
        return len(queries)

    assert count(lambda: status.systems_of_person(user=world.mikko.user, memberships=one, at=at)) == 3
    assert (
        count(lambda: status.worst_states(memberships=many))
        == count(lambda: status.worst_states(memberships=one))
        == 1
    )
    assert count(lambda: expected.expected_impact(memberships=many)) == 2
    done = world.remove(world.mikko)
    eventually(nothing_due)
    assert count(lambda: progress.progress_of_act(act=done.act, chain=world.koskela.id, at=at)) == 4


def test_lag_excludes_deliveries_of_unavailable_targets(world: World, ordering: Target) -> None:
    waiting = status.delivery_lag()
    assert waiting > 0
    assert status.running_deliverers() == 0
    Target.objects.update(failures=3, down_since=clock.now())
    assert status.delivery_lag() == 0.0
