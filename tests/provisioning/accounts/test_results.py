"""Acknowledged changes that no act caused: each has an event for the memberships that it concerns."""

import datetime as dt
import uuid

from audit.foundation import clock
from audit.models import Event
from provisioning.accounts import planner
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.connectors.connector import SyncResult
from provisioning.delivery.task import DeliveryOutcome
from provisioning.targets.models import Target
from tests.fixtures.deliveries import deliver_all, plan_all
from tests.fixtures.world import World, move_clock_to

HOUR = dt.timedelta(hours=1)


def write(accounts: AccountDeliveries, *, at: dt.datetime) -> list[uuid.UUID]:
    """Settle the only due account as written. Returns the subjects of the events, in order."""
    known = set(Event.objects.values_list("id", flat=True))
    (task,) = accounts.lease(worker=1, at=at, in_flight={}) or []
    result = SyncResult(remote_id="r1", wrote=True, supports_patch=True)
    accounts.settle(outcomes=[DeliveryOutcome(task, result=result)], at=at)
    events = Event.objects.filter(verb="account.synced").exclude(id__in=known)
    assert len({event.act for event in events}) == 1
    return sorted(event.subject for event in events)


def test_change_by_time_is_recorded_for_the_changed_membership_and_a_resync_for_all(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    """Mikko is a member of two organizations; his access to one of them ends by itself."""
    until = clock.now() + HOUR
    ending = world.access("orderer", sites=[world.tampere], amount=5000, until=until)
    world.change(world.mikko, ending)
    plan_all()
    deliver_all(accounts)
    move_clock_to(until)
    planner.sweep(at=until)
    assert write(accounts, at=until) == [world.mikko.id]
    later = until + HOUR
    move_clock_to(later)
    observed = {"active": True, "rights": {}}
    Account.objects.filter(user=world.mikko.user).update(due_at=later, observed=observed)
    assert write(accounts, at=later) == sorted([world.mikko.id, world.mikko_at_pohjola.id])
