"""The state of one person's systems: whose accounts are shown, what counts as actual, and when the next try is."""

import datetime as dt
import uuid
from typing import Any, cast

import pytest

from audit.foundation import clock
from delegation.authorization import entitlements
from identity.memberships.models import Membership
from provisioning.accounts import status
from provisioning.accounts.models import Account
from provisioning.accounts.status import SystemStatus
from provisioning.connectors.rights_summary import RightSummary
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import register
from tests.fixtures.world import World, bypassing_commands

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(hours=1)
HERE, THERE = (cast(RightSummary, {"entitlement": f"ordering:{name}"}) for name in ("here", "there"))


def systems(*memberships: Membership) -> list[SystemStatus]:
    return status.systems_of_person(
        user=memberships[0].user, memberships=[one.id for one in memberships], at=clock.now()
    )


@pytest.mark.parametrize(
    ("due_at", "pause_until", "expected"),
    [(None, None, None), (None, LATER, None), (AT, None, AT), (AT, LATER, LATER), (LATER, AT, LATER)],
)
def test_next_attempt_is_when_the_account_is_due_and_its_target_not_paused(
    due_at: dt.datetime | None, pause_until: dt.datetime | None, expected: dt.datetime | None
) -> None:
    account = Account(due_at=due_at, target=Target(pause_until=pause_until))
    assert status.next_attempt_at(account) == expected


@pytest.mark.parametrize(
    ("last_error", "due_at", "down_since", "expected"),
    [
        ("", None, None, ""),
        ("", AT, None, ""),
        ("", None, AT, ""),
        ("", AT, AT, "unreachable"),
        ("refused", AT, AT, "refused"),
        ("refused", None, None, "refused"),
    ],
)
def test_account_that_waits_for_an_unavailable_target_has_the_error_of_the_target(
    last_error: str, due_at: dt.datetime | None, down_since: dt.datetime | None, expected: str
) -> None:
    account = Account(last_error=last_error, due_at=due_at, target=Target(down_since=down_since))
    assert status.error_code(account) == expected


def test_only_accounts_of_the_person_in_active_targets_are_shown(
    world: World, ordering: Target, contacts: Target
) -> None:
    own = Account.objects.filter(user=world.mikko.user)
    assert {one.account for one in systems(world.mikko)} == {*own.values_list("id", flat=True)}
    with bypassing_commands():
        Target.objects.filter(id=contacts.id).update(is_active=False)
    assert [one.target for one in systems(world.mikko)] == [ordering.id]


def test_account_of_another_membership_of_the_person_is_not_shown(
    world: World, shop: fake_target.Server
) -> None:
    register("ordering", shop, record_per="membership")
    ids = dict(Account.objects.filter(user=world.mikko.user).values_list("membership_id", "id"))
    assert [one.account for one in systems(world.mikko)] == [ids[world.mikko.id]]
    both = systems(world.mikko, world.mikko_at_pohjola)
    assert {one.account for one in both} == {*ids.values()}


def set_account(world: World, **columns: Any) -> None:
    assert Account.objects.filter(user=world.mikko.user).update(**columns) == 1


@pytest.mark.parametrize(
    ("stored_state", "expects", "acknowledged", "expected"),
    [
        ("up_to_date", False, [], "not_needed"),
        ("up_to_date", False, ["mikko"], "up_to_date"),
        ("up_to_date", False, ["mikko_at_pohjola"], "up_to_date"),
        ("up_to_date", True, [], "up_to_date"),
        ("updating", False, [], "updating"),
        ("failed", False, [], "failed"),
    ],
)
def test_system_that_was_never_needed_here_is_not_needed(
    *,
    world: World,
    ordering: Target,
    monkeypatch: pytest.MonkeyPatch,
    stored_state: str,
    expects: bool,
    acknowledged: list[str],
    expected: str,
) -> None:
    rights: dict[str, list[RightSummary]] = {str(getattr(world, name).id): [] for name in acknowledged}
    rights[str(uuid.uuid4())] = [HERE]
    set_account(world, state=stored_state, acknowledged_rights=rights)
    if not expects:
        monkeypatch.setattr(
            entitlements, "rights_of", lambda **asked: {one: [] for one in asked["memberships"]}
        )
    (one,) = systems(world.mikko, world.mikko_at_pohjola)
    assert (bool(one.expected), one.state) == (expects, expected)


def test_actual_rights_are_those_observed_else_those_acknowledged(world: World, ordering: Target) -> None:
    koskela, pohjola = (str(one.id) for one in (world.koskela, world.pohjola))
    acknowledged = {str(world.mikko.id): [HERE], str(world.mikko_at_pohjola.id): [THERE]}
    set_account(world, acknowledged_active=None, acknowledged_rights=acknowledged)
    (one,) = systems(world.mikko)
    assert (one.actual, one.active) == (None, None)
    set_account(world, acknowledged_active=True)
    (one,) = systems(world.mikko)
    assert (one.actual, one.active) == ([HERE], True)
    set_account(world, observed={"active": True, "rights": {koskela: [THERE], pohjola: [HERE]}})
    (one,) = systems(world.mikko)
    assert (one.actual, one.active) == ([THERE], True)
    set_account(world, observed={"active": False, "rights": {}})
    (one,) = systems(world.mikko)
    assert (one.actual, one.active) == ([], False)
