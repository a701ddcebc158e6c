"""Two of senior support approve a case at the same moment: one is the second person.

Then the same with the locks taken out, to see that it is they that refuse the other one.
"""

import functools
from collections import Counter
from collections.abc import Callable

import pytest

from audit.foundation.actor import Actor
from delegation.acts import locks
from delegation.orphan_cases.commands import decisions
from delegation.orphan_cases.models import OrphanCase, OrphanVerdict
from delegation.orphan_cases.subjects import CaseSet
from tests.fixtures import concurrency
from tests.fixtures.orphaned import Rescue
from tests.fixtures.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
Run = Callable[..., list[object]]


def duel(world: World, run: Run, rounds: int) -> Counter[str]:
    """Let Otto and Anna approve at once, and take the proposal back after each round."""
    rescue, seen = Rescue(world), Counter[str]()
    case = rescue.open()
    rescue.prove(case, "register", "call_back")
    for number in range(rounds):
        rescue.propose(case)
        approve = functools.partial(
            decisions.approve, case=case, verdicts=rescue.verdicts(case), shown=rescue.digest(case)
        )
        both = [functools.partial(approve, actor=one) for one in (rescue.otto, rescue.anna)]
        outcome = [concurrency.outcome_of(one) for one in run(*both)]
        seen.update(outcome)
        _check(case, [rescue.otto, rescue.anna], outcome)
        assert OrphanVerdict.objects.count() == (number + 1) * 4, "two people, two proofs, each round"
        decisions.withdraw(actor=rescue.sanna, case=case, reason="Again")
    return seen


def _check(case: OrphanCase, people: list[Actor], outcome: list[str]) -> None:
    """The one whose command returned is the second person."""
    case.refresh_from_db()
    assert outcome.count("done") == 1, outcome
    assert (case.state, case.approved_by) == ("approved", people[outcome.index("done")].id)


def test_two_approvals_at_once_make_one_second_person(world: World, race: Run) -> None:
    seen = duel(world, race, concurrency.ROUNDS)
    assert seen == Counter({"done": concurrency.ROUNDS, "case_step": concurrency.ROUNDS})


def _reload(self: CaseSet) -> None:
    self.rows = list(OrphanCase.objects.filter(id=self._case))


def test_two_approvals_without_the_locks_are_refused_by_the_database_alone(
    world: World, race: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "acquire", concurrency.without_locking)
    monkeypatch.setattr(CaseSet, "reload", _reload)
    seen = duel(world, race, concurrency.ROUNDS_WITHOUT)
    assert seen["case_step"] < concurrency.ROUNDS_WITHOUT, seen
    assert seen["forked"] + seen["IntegrityError"] > 0, seen
