"""Planned removals: the access ends at the planned instant by the interval; the system does what follows from it."""

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from audit.foundation import clock
from audit.foundation.errors import Busy, DomainError
from audit.models import Event
from audit.verification import verifier
from delegation.authorization import entitlements, errors
from delegation.departures import due
from delegation.departures import queries as departures_queries
from delegation.departures.models import PlannedRemoval
from delegation.invitations.commands import accept as invitations_accept
from delegation.people import planned_ends
from delegation.people.commands import members as people_commands
from delegation.people.commands import planned_removals, suspension
from identity.memberships.models import Membership, MembershipPeriod
from identity.people.models import User
from identity.service_users import queries as service_users_queries
from identity.sessions.models import SignIn
from tests.fixtures import grants, service_users, state_check
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock_to

pytestmark = pytest.mark.django_db(transaction=True)

SOON, LATER = dt.timedelta(days=5), dt.timedelta(days=9)


def plan(world: World, *members: Membership, after: dt.timedelta = SOON) -> dt.datetime:
    """Plan the end as Aino, to the second."""
    ends_at = (clock.now() + after).replace(microsecond=0)
    planned_removals.plan(actor=actor_of(world.aino), memberships=members, ends_at=ends_at, reason="retires")
    return ends_at


def cancel(world: World, member: Membership) -> None:
    planned_removals.cancel(actor=actor_of(world.aino), memberships=[member])


def outcomes(member: Membership) -> list[str]:
    return list(
        PlannedRemoval.objects.filter(membership=member)
        .order_by("planned_at")
        .values_list("outcome", flat=True)
    )


def in_force(service_user: uuid.UUID) -> bool:
    return service_users_queries.in_force(service_user=service_user, at=clock.now()) is not None


def rights(member: Membership) -> int:
    return len(entitlements.rights_of(memberships=[member.id], at=clock.now())[member.id])


def require_sound() -> None:
    assert verifier.verify().findings == []
    assert [str(difference) for difference in state_check.differences()] == []


def test_planned_end_ends_rights_tokens_and_programs_at_its_instant_without_any_process(world: World) -> None:
    made = service_users.create(world.paivi, name="HR")
    issued = grants.token_pair(world.mikko)
    ends_at = plan(world, world.mikko, world.paivi)
    assert (rights(world.mikko), grants.are_valid(issued)) == (5, (True, True))
    move_clock_to(ends_at - dt.timedelta(seconds=2))
    assert rights(world.mikko) == 5
    move_clock_to(ends_at)
    assert (rights(world.mikko), grants.are_valid(issued)) == (0, (False, False))
    assert not in_force(made.service_user)
    assert Event.objects.filter(verb="member.remove").count() == 0
    require_sound()

    assert planned_ends.carry_out_next() == 2
    assert planned_ends.carry_out_next() == 0
    events = list(Event.objects.filter(verb="member.remove", outcome="done"))
    assert {event.subject for event in events} == {world.mikko.id, world.paivi.id}
    assert len({event.act for event in events}) == 1
    assert outcomes(world.mikko) == ["carried_out"]
    assert not SignIn.objects.filter(membership=world.mikko, ended_at=None).exists()
    periods = MembershipPeriod.objects.filter(membership=world.mikko)
    assert [row.valid_until for row in periods] == [ends_at]
    require_sound()


def test_plan_is_changed_and_cancelled_until_its_instant(world: World) -> None:
    plan(world, world.mikko)
    ends_at = plan(world, world.mikko, world.olli, after=LATER)
    with pytest.raises(errors.Unchanged):
        planned_removals.plan(
            actor=actor_of(world.aino), memberships=[world.mikko, world.olli], ends_at=ends_at
        )
    cancel(world, world.olli)
    with pytest.raises(errors.Unchanged):
        cancel(world, world.olli)
    assert (outcomes(world.mikko), outcomes(world.olli)) == (["replaced", ""], ["cancelled"])
    require_sound()
    move_clock_to(ends_at)
    assert (rights(world.mikko), rights(world.olli)) == (0, 5)
    with pytest.raises(errors.Denied) as refusal:
        cancel(world, world.mikko)
    assert refusal.value.data["reason"] == "wrong_state"
    assert planned_ends.carry_out_next() == 1
    require_sound()


def test_plan_is_refused_as_a_removal_is_and_for_an_instant_that_is_no_plan(world: World) -> None:
    at, aino = clock.now(), actor_of(world.aino)
    cases: list[tuple[Membership, list[Membership], dt.datetime, type[DomainError]]] = [
        (world.tiina, [world.vilma], at + SOON, errors.NotFound),
        (world.sami, [world.olli, world.mikko], at + SOON, errors.NotFound),
        (world.ulla, [world.paivi], at + SOON, errors.Denied),
        (world.mikko, [world.olli], at + SOON, errors.NotFound),
        (world.aino, [world.aino], at + SOON, errors.Denied),
        (world.aino, [world.mikko], at, errors.InvalidAccess),
        (world.aino, [world.mikko], (at + SOON).replace(tzinfo=None), errors.InvalidAccess),
        (world.aino, [world.mikko], at + dt.timedelta(days=400), errors.ExceedsAuthority),
    ]
    for who, members, ends_at, refused in cases:
        with pytest.raises(refused):
            planned_removals.plan(actor=actor_of(who), memberships=members, ends_at=ends_at)
    with pytest.raises(errors.NotFound):
        planned_removals.cancel(actor=actor_of(world.tiina), memberships=[world.vilma])
    assert not PlannedRemoval.objects.exists()
    # A planned leaver is no working admin from the plan on.
    plan(world, world.paivi)
    with pytest.raises(errors.LastAdmin):
        planned_removals.plan(actor=actor_of(world.paivi), memberships=[world.aino], ends_at=at + LATER)
    with pytest.raises(errors.NotFound):
        planned_removals.carry_out(actor=aino, memberships=[world.paivi], since=at + SOON)


def test_removal_now_replaces_the_plan(world: World) -> None:
    ends_at = plan(world, world.mikko)
    world.remove(world.mikko)
    assert outcomes(world.mikko) == ["replaced"]
    move_clock_to(ends_at)
    assert planned_ends.carry_out_next() == 0
    require_sound()


def restored(world: World) -> None:
    people_commands.restore(
        actor=actor_of(world.aino), memberships=[world.mikko], access=world.access("viewer")
    )


def invited(world: World) -> None:
    user = User.objects.get(id=world.mikko.user_id)
    invitation, link = world.invite(world.koskela, user.email, world.access("viewer"))
    invitations_accept.accept(actor=actor_of(user), invitation=invitation, link=link, accepted_by=user)


@pytest.mark.parametrize("comes_back", [restored, invited])
def test_return_after_the_planned_end_brings_nothing_back_although_no_worker_ran(
    world: World, comes_back: Callable[[World], None]
) -> None:
    issued = grants.token_pair(world.mikko)
    move_clock_to(plan(world, world.mikko))
    comes_back(world)
    assert {right.role for right in _rights(world.mikko)} == {"viewer"}
    assert grants.are_valid(issued) == (False, False)
    assert outcomes(world.mikko) == ["carried_out"]
    require_sound()


def _rights(member: Membership) -> list[entitlements.Right]:
    return entitlements.rights_of(memberships=[member.id], at=clock.now())[member.id]


def test_return_before_the_consequences_is_refused_by_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_clock_to(plan(world, world.mikko))
    monkeypatch.setattr(due, "carry_out", lambda **_: None)
    with pytest.raises(Busy):
        restored(world)
    assert planned_ends.carry_out_next() == 1
    restored(world)
    require_sound()


def test_database_refuses_a_plan_that_is_not_the_end_of_the_period_and_a_second_closing(world: World) -> None:
    ends_at = plan(world, world.mikko)
    row = PlannedRemoval.objects.get()
    for change in (
        lambda: MembershipPeriod.objects.filter(membership=world.mikko).update(valid_until=None),
        lambda: PlannedRemoval.objects.filter(id=row.id).update(ends_at=ends_at + LATER),
        lambda: PlannedRemoval.objects.filter(id=row.id).update(outcome="carried_out", closed_at=clock.now()),
        row.delete,
    ):
        with pytest.raises(IntegrityError), bypassing_commands():
            change()
    cancel(world, world.mikko)
    with pytest.raises(IntegrityError), transaction.atomic(), bypassing_commands():
        PlannedRemoval.objects.filter(id=row.id).update(outcome="replaced")


def test_deliverers_that_find_the_same_plan_carry_it_out_once(world: World) -> None:
    move_clock_to(plan(world, world.mikko, world.olli))
    run_concurrently(*[planned_ends.carry_out_next] * 3)
    assert Event.objects.filter(verb="member.remove", outcome="done").count() == 2
    require_sound()


def test_suspended_member_has_no_access_until_it_is_resumed_and_keeps_the_planned_end(world: World) -> None:
    aino, made = actor_of(world.aino), service_users.create(world.paivi, name="HR")
    issued, ends_at = grants.token_pair(world.olli), plan(world, world.olli)
    suspension.suspend(actor=aino, memberships=[world.olli, world.paivi], reason="leave")
    assert (rights(world.olli), grants.are_valid(issued)) == (0, (False, False))
    for command in (suspension.suspend, people_commands_restore):
        with pytest.raises((errors.Unchanged, errors.Denied)):
            command(actor=aino, memberships=[world.olli])
    suspension.resume(actor=aino, memberships=[world.olli, world.paivi])
    assert (rights(world.olli), grants.are_valid(issued)) == (5, (False, False))
    assert not in_force(made.service_user)
    with pytest.raises(errors.Unchanged):
        suspension.resume(actor=aino, memberships=[world.olli])
    require_sound()
    move_clock_to(ends_at)
    assert rights(world.olli) == 0
    assert planned_ends.carry_out_next() == 1
    require_sound()


def test_last_working_admin_is_not_suspended(world: World) -> None:
    second = world.member(world.pohjola, "Toinen Admin", "organization_admin", factor=False)
    with pytest.raises(errors.LastAdmin):
        suspension.suspend(actor=actor_of(second), memberships=[world.tiina])


def people_commands_restore(*, actor: object, memberships: list[Membership]) -> None:
    people_commands.restore(actor=actor, memberships=memberships, access=None)  # type: ignore[arg-type]


def test_planned_leavers_are_listed_the_next_first(world: World) -> None:
    plan(world, world.mikko, after=LATER)
    plan(world, world.olli)
    cancel(world, world.olli)
    plan(world, world.vilma)
    listed = departures_queries.planned_leavers(organization=world.koskela.id, at=clock.now())
    assert [row.name for row in listed] == ["Vilma Salo", "Mikko Laine"]
    assert departures_queries.planned_leavers(organization=world.pohjola.id, at=clock.now()) == []
