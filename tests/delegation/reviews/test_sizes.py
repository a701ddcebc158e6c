"""A review compares everyone or refuses, counts who joined exactly, and decides many lines by a few statements."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.foundation.actor import system
from delegation.authorization.errors import InvalidInput
from delegation.authorization.models.roles import Role
from delegation.people.commands import members as people_commands
from delegation.reviews import population, queries
from delegation.reviews.commands import settling
from delegation.reviews.models import AccessReview, ReviewLine
from delegation.reviews.population import ReviewScope
from identity.memberships.models import Membership
from tests.fixtures import reviews
from tests.fixtures.world import World, actor_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]


def statements(step: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        step()
    return [one["sql"] for one in captured]


def test_more_people_than_are_compared_have_no_review_of_those_unlike_their_peers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = Role.objects.get(key="viewer")
    monkeypatch.setattr(population, "MOST", 6)  # of seven people, two are unlike their peers
    for kind, problem in (("outliers", "too_many_peers"), ("all", "too_many_lines")):
        with pytest.raises(InvalidInput) as caught:
            reviews.started(world, scope=ReviewScope(kind))
        assert caught.value.data == {"field": "scope", "problem": problem, "longest": 6}
    assert not AccessReview.objects.exists()
    assert reviews.started(world, scope=ReviewScope("tier", role=viewer.id)).size == 1
    monkeypatch.setattr(population, "MOST", 7)
    assert reviews.started(world, scope=ReviewScope("outliers")).size == 2


def test_who_joined_is_counted_exactly_by_one_statement(world: World) -> None:
    one = reviews.started(world)
    for number in range(5):
        world.member(world.koskela, f"Late Comer{number}", "viewer", email=f"late{number}@koskela.example")
    found, at = list[queries.Joined](), clock.now()
    assert len(statements(lambda: found.append(queries.joined_since(one, at=at)))) == 1
    assert [row.shown_name for row in found[0].named] == ["Late Comer0", "Late Comer1", "Late Comer2"]
    assert found[0].number == 5


def of_lines(taken: list[str]) -> list[str]:
    return [sql.split(maxsplit=1)[0] for sql in taken if 'UPDATE "delegation_reviewline"' in sql]


def lines_of(one: AccessReview, *members: Membership) -> list[ReviewLine]:
    return [reviews.line_of(one, who) for who in members]


def test_many_lines_are_kept_and_closed_by_the_statements_of_two(world: World) -> None:
    people = [
        world.member(world.koskela, f"Colleague {number}", "viewer", email=f"c{number}@koskela.example")
        for number in range(12)
    ]
    one = reviews.started(world)
    counts = set[int]()
    for some in (people[:2], people[2:6]):
        found = lines_of(one, *some)
        taken = statements(lambda found=found: reviews.keep(world.aino, *found))  # type: ignore[misc]
        assert of_lines(taken) == ["UPDATE"]
        counts.add(len(taken))
    assert len(counts) == 1
    people_commands.remove(actor=actor_of(world.aino), memberships=people[6:])
    counts.clear()
    for some in (people[6:8], people[8:]):
        found = lines_of(one, *some)
        taken = statements(
            lambda found=found: settling.settle_departed(actor=system(), lines=found)  # type: ignore[misc]
        )
        assert of_lines(taken) == ["UPDATE"]
        counts.add(len(taken))
    assert len(counts) == 1
    decisions = ReviewLine.objects.filter(review=one).exclude(decision="")
    assert sorted(decisions.values_list("decision", flat=True)) == ["keep"] * 6 + ["left"] * 6
