"""A review freezes its lines, each is decided once by another person, and silence acts after two warnings."""

import datetime as dt
import functools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from audit.foundation import clock
from audit.foundation.actor import system
from delegation.access import commands as access_commands
from delegation.authorization.errors import (
    AccessChanged,
    Denied,
    InvalidInput,
    NotFound,
    ReviewOver,
    Unchanged,
)
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.roles import Role
from delegation.people.commands import members as people_commands
from delegation.reviews import queries
from delegation.reviews.commands import deciding, settling, starting
from delegation.reviews.commands.starting import ReviewTerms
from delegation.reviews.models import AccessReview, ReviewLine
from delegation.reviews.population import ReviewScope
from delegation.service_users import commands as service_users
from identity.memberships.models import Membership
from tests.fixtures import reviews
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
DAY = 24 * 3600


def tiers(who: Membership) -> set[str]:
    """The tiers in force by the table alone."""
    return set(
        Assignment.objects.filter(membership=who, valid_until=None).values_list("role__key", flat=True)
    )


def refuse(change: Callable[[], object]) -> None:
    """The database refuses what the code would never write."""
    with pytest.raises(DatabaseError), bypassing_commands(), transaction.atomic():
        change()


def test_lines_are_frozen_and_decided_once_by_another_person(world: World) -> None:
    program = service_users.create(
        actor=actor_of(world.aino),
        organization=world.koskela,
        owner=world.aino,
        name="Nightly",
        scopes=["people.read"],
        until=clock.now() + dt.timedelta(days=30),
    ).result.service_user
    one = reviews.started(world)
    aino, paivi, mikko, vilma, olli = world.aino, world.paivi, world.mikko, world.vilma, world.olli
    members = {line.membership_id for line in ReviewLine.objects.filter(review=one, service_user=None)}
    assert members == {row.id for row in (aino, paivi, world.ulla, world.sami, mikko, olli, vilma)}
    assert one.size == 8
    line = reviews.line_of(one, mikko)
    assert [row["role"] for row in line.frozen["access"]] == ["orderer"]
    assert reviews.line_of(one, world.sami).frozen["findings"] == [
        {"code": "only_holder", "role": "site_admin"}
    ]

    # Neither about oneself, nor without the permission, nor before one's turn, nor from elsewhere.
    for who, refused in ((paivi, Denied), (world.ulla, NotFound), (world.tiina, NotFound), (mikko, NotFound)):
        with pytest.raises(refused):
            reviews.keep(who, line)
    with pytest.raises(Denied):
        reviews.keep(aino, reviews.line_of(one, aino))

    reviews.keep(aino, reviews.line_of(one, paivi), reviews.line_of(one, world.ulla))
    reviews.change(aino, line, "lower")
    reviews.change(aino, reviews.line_of(one, olli), "end")
    assert (tiers(mikko), tiers(olli)) == ({"viewer"}, set())
    held = Assignment.objects.get(membership=mikko, valid_until=None)
    assert [row.site_id for row in held.sites.all()] == [world.tampere.id]
    for decision in ("lower", "end"):
        with pytest.raises(ReviewOver):
            reviews.change(aino, reviews.line_of(one, mikko), decision)
    with pytest.raises(Unchanged):
        reviews.change(aino, reviews.line_of(one, vilma), "lower")

    # What was changed since it was shown is refused, and its line stays open.
    before = reviews.shown_digests(reviews.line_of(one, vilma), reviews.line_of(one, world.sami))
    access_commands.change(actor=actor_of(paivi), memberships=[vilma], access=world.access("user_admin"))
    late = world.member(world.koskela, "Late Comer", "viewer")
    with pytest.raises(AccessChanged) as caught:
        deciding.keep(
            actor=actor_of(aino),
            lines=[reviews.line_of(one, vilma), reviews.line_of(one, world.sami)],
            shown=before,
        )
    assert caught.value.data["members"] == [str(reviews.line_of(one, vilma).id)]
    joined = queries.joined_since(one, at=clock.now())
    assert ([row.id for row in joined.named], joined.number) == ([late.id], 1)

    people_commands.remove(actor=actor_of(aino), memberships=[vilma])
    reviews.keep(aino, reviews.line_of(one, world.sami))
    settling.settle_departed(actor=system(), lines=[reviews.line_of(one, vilma)])
    own = ReviewLine.objects.get(review=one, service_user=program)
    reviews.change(paivi, own, "end")
    assert reviews.review(one.id).state == "open"
    reviews.keep(paivi, reviews.line_of(one, aino))
    done = reviews.review(one.id)
    assert (done.state, done.closed_by) == ("completed", paivi.user_id)
    assert (
        dict(ReviewLine.objects.filter(review=one).values_list("person", "decision"))[vilma.user_id] == "left"
    )


def test_start_is_refused_for_what_makes_no_review(world: World) -> None:
    soon, later = clock.now() + dt.timedelta(days=1), clock.now() + dt.timedelta(days=20)
    viewer = Role.objects.get(key="viewer")
    good = ReviewTerms(world.aino, world.paivi, later, "lower")
    cases = [
        (ReviewScope(), ReviewTerms(world.aino, world.paivi, soon, "lower"), "due"),
        (ReviewScope(), ReviewTerms(world.aino, world.aino, later, "lower"), "fallback"),
        (ReviewScope(), ReviewTerms(world.aino, world.mikko, later, "lower"), "fallback"),
        (ReviewScope(), ReviewTerms(world.tiina, None, later, "lower"), "reviewer"),
        (ReviewScope(), ReviewTerms(world.aino, None, later, "erase"), "silence"),
        (ReviewScope("site", site=world.rovaniemi.id), good, "scope"),
        (ReviewScope("tier"), good, "scope"),
        (ReviewScope("all", role=viewer.id), good, "scope"),
        (ReviewScope("site", site=world.tallinn.id, role=viewer.id), good, "scope"),
    ]
    for scope, terms, field in cases:
        with pytest.raises(InvalidInput) as caught:
            starting.start(actor=actor_of(world.aino), organization=world.koskela, scope=scope, terms=terms)
        assert caught.value.data["field"] == field
    for who, refused in ((world.ulla, Denied), (world.mikko, Denied), (world.tiina, NotFound)):
        with pytest.raises(refused):
            starting.start(actor=actor_of(who), organization=world.koskela, scope=ReviewScope(), terms=good)
    found = {
        kind: {line.membership_id for line in reviews.started(world, scope=scope).lines.all()}
        for kind, scope in {
            "tier": ReviewScope("tier", role=viewer.id),
            "site": ReviewScope("site", site=world.tampere.id),
            "outliers": ReviewScope("outliers"),
        }.items()
    }
    admins = {world.aino.id, world.paivi.id, world.ulla.id, world.vilma.id}
    assert found == {
        "tier": {world.vilma.id},
        "site": {*admins, world.mikko.id},
        "outliers": {world.ulla.id, world.sami.id},
    }


def test_silence_acts_after_two_warnings_and_never_on_the_last_admin(world: World) -> None:
    one = reviews.started(world, silence="end")
    aino, paivi, mikko = world.aino, world.paivi, world.mikko
    mikkos = reviews.line_of(one, mikko)
    with pytest.raises(NotFound):
        settling.settle_silent(actor=actor_of(aino), line=mikkos)
    with pytest.raises(Unchanged):
        settling.warn(actor=system(), review=one)
    with pytest.raises(Unchanged):
        settling.settle_departed(actor=system(), lines=[mikkos])
    move_clock(15 * DAY)
    with pytest.raises(Unchanged):
        settling.settle_silent(actor=system(), line=mikkos)
    settling.warn(actor=system(), review=one)
    with pytest.raises(Unchanged):
        settling.warn(actor=system(), review=reviews.review(one.id))
    move_clock(16 * DAY + 60)
    settling.warn(actor=system(), review=reviews.review(one.id))
    with pytest.raises(Unchanged):
        settling.settle_silent(actor=system(), line=mikkos)
    # From the second warning on, the fallback decides about everyone but herself.
    reviews.keep(paivi, reviews.line_of(one, world.ulla))
    with pytest.raises(Denied):
        reviews.keep(paivi, reviews.line_of(one, paivi))
    move_clock(17 * DAY + 120)
    people_commands.remove(actor=actor_of(aino), memberships=[paivi])
    for line in ReviewLine.objects.filter(review=one, decision="").exclude(membership=paivi):
        settling.settle_silent(actor=system(), line=line)
    settling.settle_departed(actor=system(), lines=[reviews.line_of(one, paivi)])
    assert (tiers(mikko), tiers(aino)) == (set(), {"organization_admin"})
    assert reviews.line_of(one, aino).basis == "last_admin"
    assert reviews.review(one.id).state == "lapsed"


def test_steps_out_of_order_are_refused_by_the_database_too(world: World) -> None:
    one = reviews.started(world)
    line, rows = reviews.line_of(one, world.mikko), AccessReview.objects.filter(id=one.id)
    decided = {
        "decision": "keep",
        "basis": "reviewed",
        "decided_by": world.aino.user_id,
        "decided_by_kind": "person",
        "decided_at": clock.now(),
        "act": one.act,
    }
    lines = ReviewLine.objects.filter(id=line.id)
    by_system = {**decided, "decided_by_kind": "system", "decided_by": one.act}
    closed = {"closed_by": one.act, "closed_at": clock.now()}
    of_line: list[dict[str, Any]] = [
        {**decided, "decided_by": world.mikko.user_id},
        {**decided, "decision": "left"},
        {**by_system, "basis": "silence", "decision": "lower"},
        {**by_system, "basis": "last_admin"},
        {"frozen": {}},
    ]
    for values in of_line:
        refuse(functools.partial(lines.update, **values))
    of_review: list[dict[str, Any]] = [
        {"state": "completed", **closed},
        {"state": "lapsed", **closed},
        {"warnings": 2, "warned_at": clock.now()},
        {"silence": "keep"},
        {"due_at": clock.now() + dt.timedelta(days=1)},
    ]
    for values in of_review:
        refuse(functools.partial(rows.update, **values))
    added = {
        "organization": world.koskela,
        "membership": world.mikko_at_pohjola,
        "person": world.mikko.user_id,
    }
    refuse(lambda: ReviewLine.objects.create(review=one, frozen={}, **added))
    refuse(rows.delete)
    starting.cancel(actor=actor_of(world.aino), review=one, reason="Wrong site")
    refuse(lambda: lines.update(**decided))
    with pytest.raises(ReviewOver):
        reviews.keep(world.aino, line)
    second = reviews.started(world, actor=system())
    with pytest.raises(Denied):
        starting.cancel(actor=actor_of(world.aino), review=second, reason="No time")
