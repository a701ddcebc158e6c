"""An exception is asked for by one admin, accepted by another who does not benefit, and ends by its interval."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from audit.foundation import clock
from audit.foundation.actor import ActorKind
from delegation.authorization.errors import (
    AlreadyExists,
    ConflictingAccess,
    Denied,
    DutyExceptionOver,
    InvalidInput,
    NotFound,
    OwnDutyException,
)
from delegation.authorization.models.duties import DutyConflict, DutyException
from delegation.duties import commands, queries
from delegation.people.commands import members
from identity.memberships.models import Membership
from tests.fixtures import duties, staff_rights
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
DAY = dt.timedelta(days=1)
Change = dict[str, Any]


@pytest.fixture(autouse=True)
def _declared(world: World) -> None:
    duties.declare(world)


def in_days(days: int) -> dt.datetime:
    return clock.now() + days * DAY


def accepted(world: World, who: Membership, *, until: dt.datetime | None = None) -> DutyException:
    row = duties.requested(who, by=world.aino, until=until)
    commands.accept(actor=actor_of(world.paivi), exception=row)
    row.refresh_from_db()
    return row


def give(world: World, until: dt.datetime | None) -> None:
    world.change(world.vilma, world.access("approver", until=until))


def test_accepted_exception_lets_an_act_give_both_until_its_end(world: World) -> None:
    until = in_days(30)
    row = duties.requested(world.vilma, by=world.aino, until=until)
    with pytest.raises(ConflictingAccess) as refused:
        give(world, until)
    assert "until" not in refused.value.data, "it waits"
    commands.accept(actor=actor_of(world.paivi), exception=row)
    for wrong in (None, until + DAY):
        with pytest.raises(ConflictingAccess) as refused:
            give(world, wrong)
        assert (refused.value.data["until"], refused.value.data["field"]) == (until.isoformat(), "until")
    give(world, until)
    (found,) = queries.of_member(membership=world.vilma.id, at=clock.now())
    assert found.exception is not None
    assert (found.exception.state, found.exception.accepted_by) == ("accepted", "Päivi Korhonen")
    move_clock(31 * 24 * 3600)
    assert queries.of_member(membership=world.vilma.id, at=clock.now()) == [], "without a job"


def test_exception_is_for_its_person_and_its_conflict_alone(world: World) -> None:
    accepted(world, world.olli)
    with pytest.raises(ConflictingAccess):
        give(world, in_days(1))


def test_exception_that_has_ended_or_was_revoked_lets_nothing_more_through(world: World) -> None:
    row = accepted(world, world.vilma)
    give(world, in_days(10))
    assert commands.close(actor=actor_of(world.aino), exception=row).result.state == "revoked"
    with pytest.raises(ConflictingAccess):
        give(world, in_days(11))
    (found,) = queries.of_member(membership=world.vilma.id, at=clock.now())
    assert found.exception is None, "the access stays, and is reported"


def test_requester_and_beneficiary_cannot_accept(world: World) -> None:
    row = duties.requested(world.paivi, by=world.aino)
    with pytest.raises(OwnDutyException):
        commands.accept(actor=actor_of(world.aino), exception=row)
    with pytest.raises(Denied):
        commands.accept(actor=actor_of(world.paivi), exception=row)
    with pytest.raises(Denied):
        duties.requested(world.aino, by=world.aino)


@pytest.mark.parametrize("who", ["requested_by", "person"])
def test_database_refuses_an_acceptance_by_the_requester_or_the_beneficiary(world: World, who: str) -> None:
    row = duties.requested(world.vilma, by=world.aino)
    with pytest.raises(IntegrityError, match="duty_exception_by_two_others"), bypassing_commands():
        DutyException.objects.filter(id=row.id).update(
            state="accepted", accepted_by=getattr(row, who), accepted_at=clock.now()
        )


def test_who_may_not_is_refused_as_everywhere(world: World) -> None:
    row = duties.requested(world.vilma, by=world.aino)
    for member in (world.ulla, world.sami, world.mikko):
        for act in (commands.accept, commands.close):
            with pytest.raises((Denied, NotFound)):
                act(actor=actor_of(member), exception=row)
        with pytest.raises((Denied, NotFound)):
            duties.requested(world.olli, by=member)
    for act in (commands.accept, commands.close):
        with pytest.raises(NotFound):
            act(actor=actor_of(world.tiina), exception=row)
    with pytest.raises(NotFound):
        duties.requested(world.vilma, by=world.tiina)
    row.refresh_from_db()
    assert row.state == "open"


def test_steps_twice_or_out_of_order_are_refused(world: World) -> None:
    row = accepted(world, world.vilma)
    with pytest.raises(DutyExceptionOver):
        commands.accept(actor=actor_of(world.paivi), exception=row)
    commands.close(actor=actor_of(world.paivi), exception=row)
    for act in (commands.accept, commands.close):
        with pytest.raises(DutyExceptionOver):
            act(actor=actor_of(world.paivi), exception=row)


@pytest.mark.parametrize(("by", "state"), [("aino", "withdrawn"), ("paivi", "refused")])
def test_request_is_withdrawn_by_its_requester_and_refused_by_another(
    world: World, by: str, state: str
) -> None:
    row = duties.requested(world.vilma, by=world.aino)
    assert commands.close(actor=actor_of(getattr(world, by)), exception=row).result.state == state
    with pytest.raises(DutyExceptionOver):
        commands.accept(actor=actor_of(world.paivi), exception=row)
    duties.requested(world.vilma, by=world.paivi)


def test_request_needs_a_reason_an_end_within_a_year_and_a_conflict_in_force(world: World) -> None:
    for until, reason in ((in_days(-1), "x"), (in_days(367), "x"), (in_days(1), " ")):
        with pytest.raises(InvalidInput):
            duties.requested(world.vilma, by=world.aino, until=until, reason=reason)
    with pytest.raises(NotFound):
        commands.request(
            actor=actor_of(world.aino),
            membership=world.vilma,
            conflict=uuid.uuid4(),
            until=in_days(1),
            reason="x",
        )
    duties.requested(world.vilma, by=world.aino)
    with pytest.raises(AlreadyExists):
        duties.requested(world.vilma, by=world.paivi)
    duties.declare(world, "off")
    with pytest.raises(NotFound):
        duties.requested(world.olli, by=world.aino)


def test_request_without_an_answer_lapses_by_its_end(world: World) -> None:
    row = duties.requested(world.vilma, by=world.aino, until=in_days(2))
    move_clock(3 * 24 * 3600)
    with pytest.raises(DutyExceptionOver):
        commands.accept(actor=actor_of(world.paivi), exception=row)
    assert queries.get(organization=world.koskela.id, exception=row.id, at=clock.now()).state == "expired"
    duties.requested(world.vilma, by=world.aino)


def test_removal_ends_exceptions_and_a_return_brings_none_back(world: World) -> None:
    rows = [accepted(world, world.vilma), duties.requested(world.vilma, by=world.aino)]
    world.remove(world.vilma)
    assert {DutyException.objects.get(id=row.id).state for row in rows} == {"ended"}
    with pytest.raises(ConflictingAccess):
        members.restore(
            actor=actor_of(world.aino),
            memberships=[world.vilma],
            access=world.access("approver", until=in_days(1)),
        )


def test_senior_support_accepts_only_where_the_customer_has_no_second_admin(world: World) -> None:
    maarja = staff_rights.Staff(world).hire("Maarja Tamm", "senior_support")
    first, second = duties.requested(world.vilma, by=world.aino), duties.requested(world.paivi, by=world.aino)
    with pytest.raises(Denied) as refused:
        commands.accept(actor=maarja, exception=first)
    assert refused.value.data["reason"] == "not_your_turn"
    commands.accept(actor=maarja, exception=second)
    second.refresh_from_db()
    assert (maarja.kind, second.accepted_by) == (ActorKind.STAFF, maarja.id)


FORGED: list[tuple[Change, str]] = [
    ({"valid_until": dt.timedelta(days=1)}, "accepted once and closed once"),
    ({"state": "revoked", "closed_by": uuid.uuid4(), "closed_at": DAY}, "accepted once and closed once"),
    ({"state": "accepted"}, "duty_exception_closed_with_state"),
]


@pytest.mark.parametrize(("change", "message"), FORGED)
def test_database_keeps_the_order_of_the_steps_and_what_was_asked_for(
    world: World, change: Change, message: str
) -> None:
    row = duties.requested(world.vilma, by=world.aino)
    values = {
        name: clock.now() + value if isinstance(value, dt.timedelta) else value
        for name, value in change.items()
    }
    with pytest.raises(IntegrityError, match=message), bypassing_commands():
        DutyException.objects.filter(id=row.id).update(**values)


def forged(world: World, **fields: Any) -> DutyException:
    at = clock.now()
    return DutyException(
        **{
            "membership": world.vilma,
            "organization": world.koskela,
            "person": world.vilma.user_id,
            "conflict": DutyConflict.objects.get(),
            "requested_by": world.aino.user_id,
            "requested_at": at,
            "act": uuid.uuid4(),
            "valid_until": at + DAY,
            **fields,
        }
    )


NEW: list[tuple[Callable[[World], Change], str]] = [
    (lambda world: {"person": world.olli.user_id}, "begins as a request about a member"),
    (lambda world: {"organization": world.pohjola}, "begins as a request about a member"),
    (
        lambda world: {
            "state": "accepted",
            "accepted_by": world.paivi.user_id,
            "accepted_at": clock.now(),
        },
        "begins as a request about a member",
    ),
    (lambda world: {"requested_by": world.vilma.user_id}, "duty_exception_by_two_others"),
    (lambda _world: {"valid_until": clock.now() + 400 * DAY}, "duty_exception_of_a_year"),
]


@pytest.mark.parametrize(("fields", "message"), NEW)
def test_database_refuses_a_request_that_no_command_makes(
    world: World, fields: Callable[[World], Change], message: str
) -> None:
    with pytest.raises(IntegrityError, match=message), bypassing_commands():
        forged(world, **fields(world)).save(force_insert=True)
