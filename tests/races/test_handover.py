"""An admin is removed at the moment in which the admin completes a handover: one of the two happens, never both.

Then the same without the lock: the chain's trigger alone refuses the second.
"""

import functools
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from delegation.access import commands as access_commands
from delegation.acts import locks
from delegation.authorization.models.assignments import Assignment
from delegation.handovers import commands
from delegation.handovers.models import Handover
from delegation.people.commands import members as people_commands
from tests.fixtures import concurrency, measurements
from tests.fixtures.world import World, actor_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("state_checked"),
]
# Not by asking the rules: how many admins without end there are, by the tables themselves.
ADMINS = """
SELECT count(DISTINCT p.membership_id) FROM identity_membershipperiod p
JOIN delegation_assignment a ON a.membership_id = p.membership_id AND a.valid_until IS NULL AND a.all_sites
JOIN delegation_role r ON r.id = a.role_id AND r.key = 'organization_admin'
WHERE a.organization_id = %s AND p.state = 'active' AND p.valid_until IS NULL
"""


def admins(world: World) -> int:
    with connection.cursor() as cursor:
        cursor.execute(ADMINS, [world.koskela.id])
        return int(cursor.fetchone()[0])


def duel(world: World, race: Callable[..., list[object]], rounds: int) -> Counter[tuple[str, ...]]:
    aino, paivi, vilma = world.aino, world.paivi, world.vilma
    seen: Counter[tuple[str, ...]] = Counter()
    for _ in range(rounds):
        made = commands.open_handover(actor=actor_of(paivi), giver=paivi, successor=vilma)
        row = Handover.objects.get(id=made.result.handover)
        commands.accept(actor=actor_of(vilma), handover=row)
        results = race(
            functools.partial(commands.complete, actor=actor_of(paivi), handover=row),
            functools.partial(people_commands.remove, actor=actor_of(aino), memberships=[paivi]),
        )
        outcome = tuple(map(concurrency.outcome_of, results))
        seen[outcome] += 1
        held = Assignment.objects.filter(membership=vilma, valid_until=None, role__key="organization_admin")
        row.refresh_from_db()
        assert sorted(outcome).count("done") == 1, outcome
        assert held.exists() == (outcome[0] == "done") == (row.step == "completed")
        assert admins(world) == (2 if outcome[0] == "done" else 1)
        _back(world)
    return seen


def test_removal_and_completion_at_once_leave_one_of_the_two(
    world: World, race: Callable[..., list[object]], report_figure: measurements.ReportFigure
) -> None:
    seen = duel(world, race, concurrency.ROUNDS)
    report_figure(f"handover and removal at once, {concurrency.ROUNDS} rounds: {dict(seen)}")
    assert not any("forked" in outcome for outcome in seen), seen


def test_removal_and_completion_without_the_lock_are_refused_by_the_chain(
    world: World,
    race: Callable[..., list[object]],
    monkeypatch: pytest.MonkeyPatch,
    report_figure: measurements.ReportFigure,
) -> None:
    monkeypatch.setattr(locks, "acquire", concurrency.without_locking)
    seen = duel(world, race, concurrency.ROUNDS_WITHOUT)
    report_figure(f"the same with the lock out, {concurrency.ROUNDS_WITHOUT} rounds: {dict(seen)}")
    assert any("forked" in outcome for outcome in seen), seen


def _back(world: World) -> None:
    """Make Päivi an admin again, and Vilma a viewer."""
    viewer, admin = world.access("viewer"), world.access("organization_admin")
    held = Assignment.objects.filter(membership=world.vilma, valid_until=None)
    if held.count() > 1:
        access_commands.change(actor=actor_of(world.aino), memberships=[world.vilma], access=viewer)
    people_commands.restore(actor=actor_of(world.aino), memberships=[world.paivi], access=admin)
    for row in Handover.objects.filter(step__in=["open", "accepted"]):
        commands.close(actor=actor_of(world.paivi), handover=row)
