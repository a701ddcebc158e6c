"""An access changes at the moment in which a reviewer lowers it: what was not shown is never lowered."""

import functools
from collections import Counter
from collections.abc import Callable

import pytest

from audit.foundation.errors import DomainError
from delegation.access import commands as access_commands
from delegation.authorization.models.assignments import Assignment
from delegation.reviews.commands import deciding
from delegation.reviews.population import ReviewScope
from tests.fixtures import reviews
from tests.fixtures.world import World, actor_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("state_checked"),
]
ROUNDS = 30


def test_decision_and_change_of_access_at_once_never_lower_what_was_not_shown(
    world: World, run_concurrently: Callable[..., list[object]]
) -> None:
    aino, paivi, mikko = world.aino, world.paivi, world.mikko
    orderer = world.access("orderer", sites=[world.tampere], amount=5000)
    approver = world.access("approver", sites=[world.tampere], amount=100)
    seen: Counter[tuple[str, str]] = Counter()
    for _ in range(ROUNDS):
        one = reviews.started(world, scope=ReviewScope("site", site=world.tampere.id))
        line = reviews.line_of(one, mikko)
        shown = reviews.shown_digests(line)
        decided, changed = map(
            _code,
            run_concurrently(
                functools.partial(
                    deciding.change, actor=actor_of(aino), line=line, decision="lower", shown=shown
                ),
                functools.partial(
                    access_commands.change, actor=actor_of(paivi), memberships=[mikko], access=approver
                ),
            ),
        )
        seen[decided, changed] += 1
        held = list(
            Assignment.objects.filter(membership=mikko, valid_until=None).values_list("role__key", flat=True)
        )
        # The change is never refused: it is the last one, or the decision was refused for what it had changed.
        assert (changed, held) == ("done", ["approver"]), decided
        assert decided in {"done", "access_changed"}
        assert (reviews.line_of(one, mikko).decision == "lower") == (decided == "done")
        access_commands.change(actor=actor_of(aino), memberships=[mikko], access=orderer)
    assert sum(seen.values()) == ROUNDS


def _code(result: object) -> str:
    if isinstance(result, DomainError):
        return result.code
    assert not isinstance(result, Exception), result
    return "done"
