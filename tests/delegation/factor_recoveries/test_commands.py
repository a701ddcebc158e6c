"""A lost second factor is replaced once, after two different people of the staff; nothing changes before."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.db import DatabaseError, IntegrityError, transaction

from audit.foundation import clock
from audit.foundation.actor import Actor, system
from audit.models import Event
from delegation.authorization.errors import (
    AlreadyExists,
    Denied,
    InvalidInput,
    NotFound,
    NothingToRecover,
    OwnRecovery,
    RecoveryOver,
)
from delegation.factor_recoveries import commands, queries
from delegation.factor_recoveries.models import FactorRecovery
from identity.people.models import User
from tests.fixtures import signed_in
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
HOUR = 3600


@pytest.fixture
def staff(world: World) -> Staff:
    return Staff(world)


@pytest.fixture
def sanna(staff: Staff) -> Actor:
    return staff.hire("Sanna Heikkilä", "support", unit=staff.kivisalo)


@pytest.fixture
def otto(staff: Staff) -> Actor:
    return staff.hire("Otto Rinne", "senior_support", unit=staff.kivisalo)


def opened(world: World, by: Actor, **other: str) -> FactorRecovery:
    arguments = {"recognition": "called_back", "proof": "Called +358 40 0118", **other}
    made = commands.open_request(actor=by, membership=world.vilma, **arguments)
    return FactorRecovery.objects.get(id=made.result.recovery)


def factors(world: World) -> int:
    return int(Authenticator.objects.filter(user=world.vilma.user_id).count())


def test_replacement_needs_two_people_and_the_waiting_time_and_works_once(
    world: World, sanna: Actor, otto: Actor
) -> None:
    vilma, browser, had = actor_of(world.vilma), signed_in.browser(world.vilma), factors(world)
    recovery = opened(world, sanna)
    with pytest.raises(NotFound):
        commands.use(actor=vilma, person=world.vilma.user)
    commands.agree(actor=otto, recovery=recovery)
    with pytest.raises(NotFound):
        commands.use(actor=vilma, person=world.vilma.user)
    assert (factors(world), browser.is_signed_in) == (had, True), "an agreement changes nothing yet"
    move_clock(HOUR + 1)
    assert queries.usable_by(user=world.vilma.user_id, at=clock.now()) is not None
    for stranger in (actor_of(world.aino), otto, system()):
        with pytest.raises(NotFound):
            commands.use(actor=stranger, person=world.vilma.user)
    commands.use(actor=vilma, person=world.vilma.user)
    assert (had > 0, factors(world), browser.is_signed_in) == (True, 0, False)
    with pytest.raises(NotFound):
        commands.use(actor=vilma, person=world.vilma.user)
    recovery.refresh_from_db()
    assert (recovery.state, User.objects.get(id=world.vilma.user_id).epoch) == ("used", 2)
    for verb in ("open", "agree"):
        of_customer, of_supplier = Event.objects.filter(verb=f"factor_recovery.{verb}").order_by(
            "subject_kind"
        )
        assert (of_customer.subject, of_supplier.subject_kind) == (world.vilma.id, "supplier")
        assert b'"reason":{' not in bytes(of_customer.body)
    assert queries.proof_of(
        queries.get(organization=world.koskela.id, recovery=recovery.id, at=clock.now())
    ) == ("Called +358 40 0118")


def test_nobody_agrees_to_the_own_request_and_support_to_none(
    world: World, staff: Staff, sanna: Actor, otto: Actor
) -> None:
    recovery = opened(world, otto)
    with pytest.raises(OwnRecovery):
        commands.agree(actor=otto, recovery=recovery)
    with pytest.raises(Denied):
        commands.agree(actor=sanna, recovery=recovery)
    elsewhere = staff.hire("Kadri Tamm", "senior_support", unit=staff.eesti)
    for stranger in (elsewhere, actor_of(world.aino), actor_of(world.vilma), system()):
        for command in (commands.agree, commands.refuse):
            with pytest.raises(NotFound):
                command(actor=stranger, recovery=recovery)
        with pytest.raises(NotFound):
            opened(world, stranger)
    auditor = staff.hire("Elina Hakala", "auditor", unit=staff.kivisalo)
    with pytest.raises(Denied):
        opened(world, auditor)
    commands.refuse(actor=sanna, recovery=recovery, note="Voice sounded wrong")
    with pytest.raises(RecoveryOver):
        commands.agree(
            actor=staff.hire("Anna Toinen", "senior_support", unit=staff.kivisalo), recovery=recovery
        )
    recovery.refresh_from_db()
    assert recovery.state == "refused"


def test_request_is_refused_twice_without_a_factor_and_without_a_proof_and_ends_by_itself(
    world: World, sanna: Actor, otto: Actor
) -> None:
    for wrong in ({"proof": " "}, {"recognition": "friend"}):
        with pytest.raises(InvalidInput):
            opened(world, sanna, **wrong)
    first = opened(world, sanna)
    with pytest.raises(AlreadyExists):
        opened(world, otto)
    commands.refuse(actor=sanna, recovery=first)
    assert FactorRecovery.objects.get().state == "withdrawn"
    second = opened(world, sanna)
    commands.agree(actor=otto, recovery=second)
    with pytest.raises(RecoveryOver):
        commands.agree(actor=otto, recovery=second)
    move_clock(50 * HOUR)
    assert queries.usable_by(user=world.vilma.user_id, at=clock.now()) is None
    with pytest.raises(NotFound):
        commands.use(actor=actor_of(world.vilma), person=world.vilma.user)
    third = opened(world, sanna)
    move_clock(10 * 24 * HOUR)
    with pytest.raises(RecoveryOver):
        commands.agree(actor=otto, recovery=third)
    plain = world.member(world.koskela, "Ida Ranta", "viewer", factor=False)
    with pytest.raises(NothingToRecover):
        commands.open_request(actor=sanna, membership=plain, recognition="admin", proof="Aino called")


def test_database_keeps_the_four_eyes(world: World, sanna: Actor, otto: Actor) -> None:
    recovery = opened(world, sanna)
    rows, at = FactorRecovery.objects.filter(id=recovery.id), clock.now()
    agreed = {"state": "agreed", "decided_at": at, "usable_from": at}
    with bypassing_commands():
        for change in (
            {**agreed, "decided_by": sanna.id},
            {**agreed, "decided_by": None},
            {"opened_by": otto.id},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(state="used", used_at=at)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError, match="event"), transaction.atomic():
        rows.update(**agreed, decided_by=otto.id)
    assert rows.get().ends_at > at + dt.timedelta(days=6)
