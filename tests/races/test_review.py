"""An access changes at the moment in which a reviewer lowers it: what was not shown is never lowered.

Then the same without the lock: the chain's trigger alone refuses the second.
"""

import functools
from collections import Counter
from collections.abc import Callable

import pytest

from delegation.access import commands as access_commands
from delegation.acts import locks
from delegation.authorization.models.assignments import Assignment
from delegation.reviews.commands import deciding
from delegation.reviews.population import ReviewScope
from tests.fixtures import concurrency, measurements, reviews
from tests.fixtures.world import World, actor_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("state_checked"),
]
Race = Callable[..., list[object]]


def duel(world: World, race: Race, rounds: int) -> Counter[tuple[str, str]]:
    aino, paivi, mikko = world.aino, world.paivi, world.mikko
    orderer = world.access("orderer", sites=[world.tampere], amount=5000)
    approver = world.access("approver", sites=[world.tampere], amount=100)
    seen: Counter[tuple[str, str]] = Counter()
    for _ in range(rounds):
        one = reviews.started(world, scope=ReviewScope("site", site=world.tampere.id))
        line = reviews.line_of(one, mikko)
        shown = reviews.shown_digests(line)
        lower = functools.partial(
            deciding.change, actor=actor_of(aino), line=line, decision="lower", shown=shown
        )
        change = functools.partial(
            access_commands.change, actor=actor_of(paivi), memberships=[mikko], access=approver
        )
        decided, changed = map(concurrency.outcome_of, race(lower, change))
        seen[decided, changed] += 1
        held = Assignment.objects.filter(membership=mikko, valid_until=None)
        # A change that is done is the last one, or the decision was refused for what it had changed.
        assert (changed == "done") == ([*held.values_list("role__key", flat=True)] == ["approver"]), decided
        assert (reviews.line_of(one, mikko).decision == "lower") == (decided == "done")
        access_commands.change(actor=actor_of(aino), memberships=[mikko], access=orderer)
    return seen


def test_decision_and_change_of_access_at_once_never_lower_what_was_not_shown(
    world: World, race: Race, report_figure: measurements.ReportFigure
) -> None:
    seen = duel(world, race, concurrency.ROUNDS)
    report_figure(f"a decision and a change of access at once, {concurrency.ROUNDS} rounds: {dict(seen)}")
    assert seen.keys() <= {("done", "done"), ("access_changed", "done")}, seen


def test_decision_and_change_of_access_without_the_lock_are_refused_by_the_chain(
    world: World, race: Race, monkeypatch: pytest.MonkeyPatch, report_figure: measurements.ReportFigure
) -> None:
    monkeypatch.setattr(locks, "acquire", concurrency.without_locking)
    seen = duel(world, race, concurrency.ROUNDS_WITHOUT)
    report_figure(f"the same with the lock out, {concurrency.ROUNDS_WITHOUT} rounds: {dict(seen)}")
    assert any("forked" in outcome for outcome in seen), seen
