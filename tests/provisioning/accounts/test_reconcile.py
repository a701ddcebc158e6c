"""Reconciliation with targets whose lists are not exact, and with answers that are older than our writes."""

import pytest

from audit.foundation import clock
from provisioning.accounts import reconcile
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.delivery.errors import DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import age_writes, deliver_all, plan_all
from tests.fixtures.fake_target import Fault, Resource
from tests.fixtures.world import World


@pytest.fixture
def delivered(world: World, ordering: Target, accounts: AccountDeliveries) -> Target:
    """The shop with everybody's record, written a minute ago."""
    plan_all()
    deliver_all(accounts)
    age_writes()
    return ordering


def states() -> set[str]:
    return {*Account.objects.exclude(state="not_needed").values_list("state", flat=True)}


def without(shop: fake_target.Server, external_id: object) -> None:
    """Let lists miss this record, which the target has."""
    shop.be.listed = lambda rows, start: (
        [one for one in rows if one["externalId"] != str(external_id)][start - 1 :],
        len(rows) - 1,
    )


@pytest.mark.parametrize("total", [0, 1, 3, 10_000])
def test_wrong_total_makes_no_account_differ(delivered: Target, shop: fake_target.Server, total: int) -> None:
    shop.be.listed = lambda rows, start: (rows[start - 1 :][:4], total)
    report = reconcile.check(target=delivered)
    assert (report.differing, report.unseen, states()) == ([], 0, {"up_to_date"})
    assert report.total == len(shop.users)


def test_record_that_the_list_missed_is_asked_for_and_is_not_missing(
    delivered: Target, world: World, shop: fake_target.Server
) -> None:
    without(shop, world.mikko.user_id)
    report = reconcile.check(target=delivered)
    assert (report.differing, report.unseen, states()) == ([], 0, {"up_to_date"})


def test_record_that_the_list_missed_and_the_target_does_not_have_differs(
    delivered: Target, world: World, shop: fake_target.Server
) -> None:
    del shop.users[shop.record_of(world.mikko.user_id)["id"]]
    report = reconcile.check(target=delivered)
    assert report.differing == [Account.objects.get(user=world.mikko.user).id]


def test_record_beyond_the_questions_of_one_run_is_not_missing(
    delivered: Target, world: World, shop: fake_target.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "_MOST_QUESTIONS", 1)
    everybody = len(shop.users)
    shop.users.clear()
    report = reconcile.check(target=delivered)
    assert (len(report.differing), report.unseen) == (1, everybody - 1)
    reports = [reconcile.check(target=delivered) for _ in range(everybody - 1)]
    assert {account for one in [report, *reports] for account in one.differing} == {
        *Account.objects.filter(acknowledged_active=True).values_list("id", flat=True)
    }, "every run asks for those who have waited longest"
    assert Account.objects.exclude(due_at=None).count() == 0
    reconcile.check(target=delivered, resync=True)
    assert Account.objects.exclude(due_at=None).count() == everybody


def test_question_that_a_target_cannot_answer_leaves_its_account_out(
    delivered: Target, world: World, shop: fake_target.Server
) -> None:
    """Neither a record by its id nor a filter is answered, and the list does not add up."""
    mikko = str(world.mikko.user_id)
    shop.be.listed = lambda rows, start: (
        [one for one in rows if one["externalId"] != mikko][start - 1 :],
        len(rows),
    )
    shop.be.odd = lambda kind: Fault(status=400) if kind in {"GET", "find"} else None
    shop.record_of(world.olli.user_id)["active"] = False
    report = reconcile.check(target=delivered)
    assert (report.differing, report.unseen) == ([Account.objects.get(user=world.olli.user).id], 1)


def test_list_cut_at_the_limit_makes_no_account_differ(
    delivered: Target, shop: fake_target.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.be.listed = lambda rows, start: (rows[start - 1 :][:2], len(rows))
    monkeypatch.setattr(reconcile, "_MOST_QUESTIONS", 0)
    report = reconcile.check(target=delivered, limit=2)
    assert (report.total, report.matching, report.differing) == (2, 2, [])
    assert report.unseen == len(shop.users) - 2


def test_record_seen_twice_is_one(delivered: Target, shop: fake_target.Server) -> None:
    shop.be.listed = lambda rows, start: ((rows * 2)[start - 1 :][:3], len(rows) * 2)
    report = reconcile.check(target=delivered)
    assert (report.differing, report.matching) == ([], len(shop.users))


def test_removed_person_missed_by_the_list_stays_closed(
    delivered: Target, world: World, shop: fake_target.Server, accounts: AccountDeliveries
) -> None:
    world.remove(world.olli)
    plan_all()
    deliver_all(accounts)
    age_writes()
    without(shop, world.olli.user_id)
    account = Account.objects.get(user=world.olli.user)
    report = reconcile.check(target=delivered)
    account.refresh_from_db()
    assert (report.differing, account.state, account.due_at) == ([], "up_to_date", None)


def test_answer_older_than_our_write_is_not_compared(
    delivered: Target, world: World, shop: fake_target.Server, accounts: AccountDeliveries
) -> None:
    """A replica of the target still shows the removed person's record as it was."""
    before: Resource = shop.record_of(world.olli.user_id)
    world.remove(world.olli)
    plan_all()
    deliver_all(accounts)
    now = shop.record_of(world.olli.user_id)
    shop.be.show = lambda one: before if one is now else one
    report = reconcile.check(target=delivered)
    assert (report.differing, states()) == ([], {"up_to_date"})
    age_writes()
    assert len(reconcile.check(target=delivered).differing) == 1, "later it is a difference"


def test_emptied_record_of_a_removed_person_is_no_difference(
    delivered: Target, world: World, shop: fake_target.Server, accounts: AccountDeliveries
) -> None:
    """Push, reading back and reconciliation judge alike."""
    shop.be.store = lambda one: one if one["active"] else {"id": one["id"], "externalId": one["externalId"]}
    world.remove(world.olli)
    plan_all()
    deliver_all(accounts)
    age_writes()
    account = Account.objects.get(user=world.olli.user)
    assert (account.state, account.acknowledged_active) == ("up_to_date", False)
    report = reconcile.check(target=delivered)
    assert (report.differing, report.total) == ([], len(shop.users))
    reconcile.resync(accounts=[account.id])
    written = len(shop.journal)
    deliver_all(accounts)
    assert len(shop.journal) == written


def test_write_confirmed_by_a_later_read_closes_its_delivery(
    delivered: Target, world: World, shop: fake_target.Server, accounts: AccountDeliveries
) -> None:
    """The read of the first attempt is too early; the second attempt only reads, and the receipt has its line."""
    shop.be.stale_reads = 1
    shop.journal.clear()
    done = world.remove(world.olli)
    plan_all()
    (task,) = accounts.lease(worker=1, at=clock.now(), in_flight={}) or []
    with pytest.raises(DeliveryError) as early:
        task.run()
    accounts.settle(outcomes=[DeliveryOutcome(task, error=early.value)], at=clock.now())
    account = Account.objects.get(user=world.olli.user)
    assert (account.state, account.last_error, account.acknowledged_active) == (
        "updating",
        "not_applied",
        True,
    )
    assert account.due_at is not None
    assert (account.due_at - clock.now()).total_seconds() < 2
    Account.objects.update(due_at=clock.now())
    deliver_all(accounts)
    account.refresh_from_db()
    assert (account.state, account.acknowledged_active, account.attempts) == ("up_to_date", False, 0)
    assert account.deliveries.get(act=done.act).done_at is not None
    assert [one.method for one in shop.journal] == ["PATCH"]
