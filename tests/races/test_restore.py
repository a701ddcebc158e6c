"""A person is removed at the moment in which both admins restore the person: what happens, happens in turn.

Then the same without the lock: the database alone refuses the second.
"""

import functools
from collections import Counter
from collections.abc import Callable

import pytest

from delegation.acts import locks
from delegation.authorization.models.assignments import Assignment
from delegation.people.commands import members as people_commands
from identity.memberships.models import MembershipPeriod
from tests.fixtures import concurrency, measurements
from tests.fixtures.world import World, actor_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("state_checked"),
]
Race = Callable[..., list[object]]


def duel(world: World, race: Race, rounds: int) -> Counter[tuple[str, ...]]:
    """Start each round with what the last one left: a member, or a former one."""
    member, access = world.vilma, world.access("viewer")
    restores = [
        functools.partial(people_commands.restore, actor=actor_of(one), memberships=[member], access=access)
        for one in (world.aino, world.paivi)
    ]
    remove = functools.partial(people_commands.remove, actor=actor_of(world.aino), memberships=[member])
    seen: Counter[tuple[str, ...]] = Counter()
    was_active = True
    for _ in range(rounds):
        removal, *restored = map(concurrency.outcome_of, race(remove, *restores))
        seen["a member" if was_active else "a former one", removal, *sorted(restored)] += 1
        periods = MembershipPeriod.objects.filter(membership=member, state="active", valid_until=None).count()
        rights = Assignment.objects.filter(membership=member, valid_until=None).count()
        was_active = was_active + restored.count("done") - (removal == "done") == 1
        assert (periods, rights) == ((1, 1) if was_active else (0, 0)), (removal, restored)
    return seen


def test_removal_and_restore_at_once_happen_one_after_the_other(
    world: World, race: Race, report_figure: measurements.ReportFigure
) -> None:
    seen = duel(world, race, concurrency.ROUNDS)
    report_figure(f"removal and restore at once, {concurrency.ROUNDS} rounds: {dict(seen)}")
    assert {word for outcome in seen for word in outcome[1:]} == {"done", "denied"}, seen


def test_removal_and_restore_without_the_lock_are_refused_by_the_database(
    world: World, race: Race, monkeypatch: pytest.MonkeyPatch, report_figure: measurements.ReportFigure
) -> None:
    monkeypatch.setattr(locks, "acquire", concurrency.without_locking)
    seen = duel(world, race, concurrency.ROUNDS_WITHOUT)
    report_figure(f"the same with the lock out, {concurrency.ROUNDS_WITHOUT} rounds: {dict(seen)}")
    assert any({"forked", "IntegrityError"} & {*outcome} for outcome in seen), seen
