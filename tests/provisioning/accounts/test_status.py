"""What pages say: the five words, line by line progress, how long it usually takes; in a fixed number of statements."""

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.foundation.actor import system
from identity.clients.models import Client
from identity.memberships.models import Membership
from provisioning.accounts import planner, progress, reconcile, status
from provisioning.accounts.models import Account, Delivery
from provisioning.deliverer import Deliverer
from provisioning.targets import commands as targets_commands
from provisioning.targets.models import Target
from tests.fixtures import fake_target as far
from tests.fixtures.deliveries import eventually, settled, sign_in
from tests.fixtures.fake_target import Fault
from tests.fixtures.world import World, by_hand

Start = Callable[[], Deliverer]
EXTENSION = "urn:ietf:params:scim:schemas:extension:keyholder:2.0:User"


@pytest.fixture
def served(
    world: World, shop: far.Server, crm: far.Server, ordering: Target, contacts: Target, deliverer: Start
) -> Deliverer:
    """Everybody is known to both systems."""
    running = deliverer()
    eventually(settled)
    with by_hand():
        Client.objects.update(backchannel_logout_uri=shop.logout_uri)
    return running


def words(membership: Membership) -> dict[str, str]:
    found = status.of_person(user=membership.user, memberships=[membership.id], at=clock.now())
    return {one.application: one.word for one in found}


def test_in_place_says_what_should_be_and_is(world: World, served: Deliverer) -> None:
    found = status.of_person(user=world.mikko.user, memberships=[world.mikko.id], at=clock.now())
    shop = next(one for one in found if one.application == "ordering")
    assert shop.word == "in_place"
    assert shop.should_be == shop.is_
    placing = next(one for one in shop.should_be if one["entitlement"] == "ordering:orders.place")
    assert (placing["amount"], placing["sites"]) == ("5000.00", [str(world.tampere.id)])
    assert shop.name["en"] == "Web shop"
    assert shop.checked_at is not None
    assert (shop.error, shop.next_try_at) == ("", None)


def test_what_a_system_is_told_besides_is_shown_with_the_rest(
    world: World, served: Deliverer, contacts: Target
) -> None:
    targets_commands.change(
        actor=system(), target=contacts.id, changes={"include_applications": ["ordering"]}
    )
    world.change(world.mikko, world.access("orderer", sites=[world.tampere], amount=700))
    eventually(lambda: planner.behind() == [])
    eventually(settled)
    found = status.of_person(user=world.mikko.user, memberships=[world.mikko.id], at=clock.now())
    crm = next(one for one in found if one.application == "crm")
    assert crm.should_be == crm.is_
    assert {one["entitlement"].partition(":")[0] for one in crm.should_be} == {"crm", "ordering"}


def test_each_organization_sees_its_own(world: World, served: Deliverer) -> None:
    here = status.of_person(user=world.mikko.user, memberships=[world.mikko.id], at=clock.now())
    there = status.of_person(user=world.mikko.user, memberships=[world.mikko_at_pohjola.id], at=clock.now())
    assert "ordering:orders.place" in repr(here)
    assert "ordering:orders.place" not in repr(there)
    world.remove(world.mikko)
    eventually(lambda: set(words(world.mikko).values()) == {"in_place"} and planner.behind() == [])
    eventually(settled)
    there = status.of_person(user=world.mikko.user, memberships=[world.mikko_at_pohjola.id], at=clock.now())
    assert {one.word for one in there if one.should_be} == {"in_place"}
    account = Account.objects.get(user=world.mikko.user, target__application__key="ordering")
    assert account.acknowledged_rights[str(world.mikko.id)] == []


def test_a_failing_target_is_on_its_way_with_a_code_and_a_time(
    world: World, served: Deliverer, crm: far.Server
) -> None:
    crm.be.always = Fault(reset=True)
    world.remove(world.mikko)
    eventually(lambda: Target.objects.filter(down_since__isnull=False).exists())
    found = status.of_person(user=world.mikko.user, memberships=[world.mikko.id], at=clock.now())
    one = next(one for one in found if one.application == "crm")
    assert found[0] is one, "what waits comes first"
    assert (one.word, one.error) == ("on_its_way", "lost")
    assert one.next_try_at is not None
    assert status.for_list(memberships=[world.mikko.id])[world.mikko.id] == status.Worst("on_its_way", "crm")


def test_a_target_that_differs_is_shown_and_put_right_on_demand(
    world: World, served: Deliverer, shop: far.Server, ordering: Target
) -> None:
    there = shop.one(world.mikko.user_id)
    there[EXTENSION]["limits"][0]["amount"] = "9000.00"
    report = reconcile.check(target=ordering)
    (account,) = report.differs
    assert (report.unknown, report.same) == (0, report.read - 1)
    assert words(world.mikko)["ordering"] == "differs"
    found = status.of_person(user=world.mikko.user, memberships=[world.mikko.id], at=clock.now())
    assert found[0].is_ is not None
    assert "9000.00" in repr(found[0].is_)
    assert "9000.00" not in repr(found[0].should_be)
    assert there[EXTENSION]["limits"][0]["amount"] == "9000.00", "only shown"
    assert reconcile.resync(accounts=[account]) == 1
    eventually(lambda: shop.one(world.mikko.user_id)[EXTENSION]["limits"][0]["amount"] == "5000.00")
    eventually(lambda: words(world.mikko)["ordering"] == "in_place")


def test_somebody_gone_who_is_active_there_is_put_right_unasked(
    world: World, served: Deliverer, shop: far.Server, ordering: Target
) -> None:
    world.remove(world.olli)
    eventually(lambda: not shop.one(world.olli.user_id)["active"])
    eventually(settled)
    shop.one(world.olli.user_id)["active"] = True
    assert len(reconcile.check(target=ordering).differs) == 1
    eventually(lambda: not shop.one(world.olli.user_id)["active"])


def test_a_target_that_lost_its_data_differs_and_gets_it_again(
    world: World, served: Deliverer, shop: far.Server, ordering: Target
) -> None:
    known = len(shop.users)
    shop.users.clear()
    assert len(reconcile.check(target=ordering, resync=True).differs) == known
    eventually(lambda: len(shop.users) == known)


def test_records_nobody_stands_behind_are_counted(
    world: World, served: Deliverer, shop: far.Server, ordering: Target
) -> None:
    shop.users["x"] = {"id": "x", "externalId": "somebody", "active": True}
    assert reconcile.check(target=ordering).unknown == 1


def test_progress_line_by_line_until_all_have_confirmed(
    world: World, served: Deliverer, crm: far.Server
) -> None:
    sign_in(world.mikko)
    crm.be.always = Fault(status=503)
    done = world.remove(world.mikko)

    def now() -> progress.Progress:
        return progress.of(act=done.act, chain=world.koskela.id, at=clock.now())

    eventually(lambda: {line.state for line in now().lines if line.application == "ordering"} == {"closed"})
    eventually(lambda: now().lines and now().lines[0].error)
    said = now()
    assert not said.done
    waiting = said.lines[0]
    assert (waiting.application, waiting.kind, waiting.state) == ("crm", "scim", "on_its_way")
    assert (waiting.error, waiting.at) == ("busy", None)
    assert waiting.next_try_at is not None
    assert waiting.attempts >= 1
    crm.be.always = None
    eventually(lambda: now().done, within=15)
    kinds = {(line.application, line.kind) for line in now().lines}
    assert kinds == {("crm", "scim"), ("ordering", "scim"), ("ordering", "logout")}
    assert all(line.at is not None and 0 <= line.seconds < 20 for line in now().lines)


def test_an_act_that_was_not_read_yet_is_not_done(world: World, ordering: Target) -> None:
    done = world.remove(world.mikko)
    said = progress.of(act=done.act, chain=world.koskela.id, at=clock.now())
    assert (said.lines, said.planned, said.done) == ([], False, False)


def test_impact_names_what_closes_and_how_long_it_usually_takes(world: World, served: Deliverer) -> None:
    sign_in(world.mikko)
    world.remove(world.olli)
    eventually(lambda: status.usually_takes(targets=Target.objects.values_list("id", flat=True)))
    eventually(settled)
    said = progress.expected_impact(memberships=[world.mikko.id])
    assert {one.application for one in said} == {"ordering", "crm"}
    shop = next(one for one in said if one.application == "ordering")
    assert shop.usually_takes is not None
    assert 0 < shop.usually_takes < 10


def delivered(account: Account, *, act: uuid.UUID, ago: dt.timedelta, took: float) -> None:
    """A delivery that is known."""
    at = clock.now() - ago
    Delivery.objects.create(
        account=account,
        target=account.target,
        membership_id=account.user.memberships.values_list("id", flat=True)[0],
        organization=uuid.uuid4(),
        act=act,
        act_at=at - dt.timedelta(seconds=took),
        generation=1,
        done_at=at,
    )


def test_how_long_it_usually_takes_is_that_of_one_person_lately(world: World, ordering: Target) -> None:
    """Neither a load of everybody nor what happened before the system was taken in, nor long ago, is usual."""
    with by_hand():
        Target.objects.update(created_at=clock.now() - dt.timedelta(days=30))
    accounts, minute = list(Account.objects.filter(target=ordering)), dt.timedelta(minutes=1)
    load = uuid.uuid4()
    for account in accounts:
        delivered(account, act=load, ago=minute, took=600)
    assert status.usually_takes(targets=[ordering.id]) == {}
    for number, took in enumerate([1, 2, 4, 700]):
        delivered(accounts[0], act=uuid.uuid4(), ago=minute * (number + 2), took=took)
    delivered(accounts[0], act=uuid.uuid4(), ago=dt.timedelta(days=8), took=5000)
    delivered(accounts[0], act=uuid.uuid4(), ago=minute, took=40 * 24 * 3600)
    assert status.usually_takes(targets=[ordering.id]) == {ordering.id: 3.0}
    assert status.usually_takes(targets=[uuid.uuid4()]) == {}


def test_statements_are_fixed(world: World, served: Deliverer) -> None:
    one, many = [world.mikko.id], [world.mikko.id, world.olli.id, world.vilma.id]
    at = clock.now()

    def count(call: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            call()
        return len(queries)

    assert count(lambda: status.of_person(user=world.mikko.user, memberships=one, at=at)) == 3
    assert (
        count(lambda: status.for_list(memberships=many))
        == count(lambda: status.for_list(memberships=one))
        == 1
    )
    assert count(lambda: progress.expected_impact(memberships=many)) == 2
    done = world.remove(world.mikko)
    eventually(settled)
    assert count(lambda: progress.of(act=done.act, chain=world.koskela.id, at=at)) == 3


def test_lag_tells_of_what_waits_for_us(world: World, ordering: Target) -> None:
    waiting = status.lag()
    assert waiting > 0
    assert status.deliverers() == 0
    Target.objects.update(failures=3, down_since=clock.now())
    assert status.lag() == 0.0
