"""A suspension stops everything for one organization; resuming it gives back access and nothing issued before."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.models import Event
from delegation.authorization import entitlements, history, policy, scopes
from delegation.authorization.errors import (
    AlreadySuspended,
    Denied,
    InvalidAccess,
    InvalidInput,
    NotFound,
    NotSuspended,
)
from delegation.authorization.staff_roles import StaffRole
from delegation.authorization.verbs import Verb
from delegation.suspensions import commands, queries
from delegation.suspensions.commands import Suspended
from delegation.suspensions.queries import SuspensionEffects
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.organizations.models import CustomerNumber, Organization, Suspension
from identity.people.models import User
from identity.service_users import service_tokens
from tests.fixtures import grants, service_users, signed_in
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
state_checked = pytest.mark.usefixtures("state_checked")
DAY = dt.timedelta(days=1)


@pytest.fixture
def staff(world: World) -> Staff:
    return Staff(world)


@pytest.fixture
def maarja(staff: Staff) -> Actor:
    return staff.hire("Maarja Kuusk", "account_manager", unit=staff.kivisalo)


def suspend(world: World, by: Actor, **other: object) -> Suspended:
    arguments = {"reason": "security", "note": "Call Aino", **other}
    return commands.suspend(actor=by, organization=world.koskela, **arguments).result  # type: ignore[arg-type]


def resume(world: World, by: Actor, **other: object) -> None:
    """Resume what is suspended last."""
    row = Suspension.objects.filter(organization=world.koskela).latest("valid_from")
    arguments = {"suspension": row.id, **other}
    commands.resume(actor=by, organization=world.koskela, **arguments)  # type: ignore[arg-type]


def rights(member: Membership, at: dt.datetime | None = None) -> int:
    return len(entitlements.rights_of(memberships=[member.id], at=at or clock.now())[member.id])


def present(world: World) -> Organization:
    return Organization.objects.get(id=world.koskela.id)


def test_suspension_ends_everything_of_one_organization_and_resuming_gives_back_access_alone(
    world: World, maarja: Actor
) -> None:
    invitation, _link = world.invite(world.koskela, "uusi@koskela.example", world.access("viewer"))
    pair, other = grants.token_pair(world.vilma), grants.token_pair(world.mikko_at_pohjola, session="b2")
    program = service_users.create(world.aino)
    token = service_users.token(program)
    vilma, mikko = signed_in.browser(world.vilma), signed_in.browser(world.mikko)
    before, had = clock.now(), (rights(world.vilma), rights(world.mikko_at_pohjola))
    effects = queries.effects(organization=world.koskela.id, at=before)
    assert effects == SuspensionEffects(people=7, elsewhere=1, sessions=2, invitations=1, service_users=1)

    ended = suspend(world, maarja)

    assert (ended.people, ended.sessions, ended.invitations) == (7, 2, 1)
    assert (rights(world.vilma), rights(world.mikko_at_pohjola)) == (0, had[1])
    assert rights(world.vilma, before) == had[0], "the past stays as it was"
    assert (grants.are_valid(pair), grants.are_valid(other)) == ((False, False), (True, True))
    assert service_tokens.check(token=token) is None
    assert service_tokens.find(client=str(program.service_user)) is None
    assert not vilma.is_signed_in
    assert mikko.is_signed_in
    assert mikko.get("/o/koskela/").status_code == 403
    assert memberships_queries.active(at=clock.now()).filter(organization=world.koskela).count() == 0

    resume(world, maarja)

    assert (rights(world.vilma), rights(world.mikko_at_pohjola)) == had
    assert (grants.are_valid(pair), grants.are_valid(other)) == ((False, False), (True, True))
    assert service_tokens.check(token=token) is None
    assert service_tokens.find(client=str(program.service_user)) is not None
    assert not vilma.is_signed_in
    assert world.invitation(invitation.id).cancelled_at is not None


@state_checked
def test_suspension_is_an_event_in_both_chains_and_its_note_only_in_the_supplier_s(
    world: World, maarja: Actor
) -> None:
    suspend(world, maarja, resume_at=clock.now() + DAY)
    resume(world, maarja, note="Checked")
    for verb in ("organization.suspend", "organization.resume"):
        of_customer, of_supplier = Event.objects.filter(verb=verb).order_by("subject_kind")
        assert (of_customer.subject_kind, of_customer.subject) == ("organization", world.koskela.id)
        assert (of_supplier.subject_kind, of_supplier.act) == ("supplier", of_customer.act)
        assert (b'"reason":{' in bytes(of_supplier.body), b'"reason":{' in bytes(of_customer.body)) == (
            True,
            False,
        )


@state_checked
def test_suspension_is_refused_twice_and_without_a_known_reason_or_with_an_end_in_the_past(
    world: World, maarja: Actor
) -> None:
    with pytest.raises(NotSuspended):
        commands.resume(actor=maarja, organization=world.koskela, suspension=world.somewhere)
    with pytest.raises(InvalidInput):
        suspend(world, maarja, reason="dislike")
    with pytest.raises(InvalidAccess):
        suspend(world, maarja, resume_at=clock.now())
    first = [suspend(world, maarja, idempotency_key="k1") for _ in range(2)]
    assert first[0] == first[1]
    with pytest.raises(AlreadySuspended):
        suspend(world, maarja)
    row = Suspension.objects.get()
    with pytest.raises(NotSuspended):
        commands.resume(actor=maarja, organization=world.koskela, suspension=world.somewhere)
    for _ in range(2):
        commands.resume(actor=maarja, organization=world.koskela, suspension=row.id, idempotency_key="k2")
    with pytest.raises(NotSuspended):
        resume(world, maarja)
    suspend(world, maarja, reason="requested")
    assert present(world).status == "suspended"


@state_checked
def test_staff_of_other_roles_and_units_and_customers_suspend_nobody(
    world: World, staff: Staff, maarja: Actor
) -> None:
    for number, role in enumerate(
        sorted(set(StaffRole) - {StaffRole.ACCOUNT_MANAGER, StaffRole.SENIOR_SUPPORT})
    ):
        actor = staff.hire(f"Timo{number} Toinen", role, unit=staff.kivisalo)
        with pytest.raises((Denied, NotFound)):
            suspend(world, actor)
    elsewhere = staff.hire("Kadri Tamm", "senior_support", unit=staff.eesti)
    for stranger in (elsewhere, actor_of(world.aino), actor_of(world.stina)):
        with pytest.raises(NotFound):
            suspend(world, stranger)
    senior = staff.hire("Otto Rinne", "senior_support", unit=staff.kivisalo)
    suspend(world, senior)
    for stranger in (elsewhere, actor_of(world.aino)):
        with pytest.raises(NotFound):
            resume(world, stranger)
    resume(world, maarja)


def test_one_business_unit_neither_suspends_nor_resumes_a_customer_of_two(
    world: World, staff: Staff, maarja: Actor
) -> None:
    suspend(world, maarja)
    with bypassing_commands():
        CustomerNumber.objects.create(organization=world.koskela, unit=staff.eesti, number="E-77")
    kadri = staff.hire("Kadri Tamm", "senior_support", unit=staff.eesti)
    with pytest.raises(Denied):
        resume(world, kadri)
    resume(world, maarja)
    for of_one_unit in (maarja, kadri):
        with pytest.raises(Denied):
            suspend(world, of_one_unit)
    suspend(world, staff.hire("Otto Rinne", "senior_support"))
    with pytest.raises(Denied):
        resume(world, maarja)
    resume(world, staff.hire("Anu Aho", "senior_support", organization=world.koskela))
    assert present(world).status == "active"


@state_checked
def test_staff_read_a_suspended_customer_s_people_and_change_none(
    world: World, staff: Staff, maarja: Actor
) -> None:
    suspend(world, maarja)
    at, vilma = clock.now(), world.vilma.id
    for verb, expected in ((Verb.MEMBER_VIEW, True), (Verb.MEMBER_REMOVE, False)):
        assert scopes.memberships(actor=maarja, verb=verb, at=at).filter(id=vilma).exists() == expected
        decision = policy.decide(actor=maarja, verb=verb, on=policy.MembershipIds([vilma]), at=at)
        assert bool(decision) == expected
        assert (maarja.id in history.who_could(verb=verb, membership=vilma, at=at)) == expected
    aino = actor_of(world.aino)
    assert not scopes.memberships(actor=aino, verb=Verb.MEMBER_VIEW, at=at).exists()


@state_checked
def test_database_keeps_suspensions_apart_and_changes_none_without_an_event(
    world: World, maarja: Actor
) -> None:
    suspend(world, maarja)
    row = Suspension.objects.get()
    with bypassing_commands(), pytest.raises(IntegrityError), transaction.atomic():
        Suspension.objects.create(
            organization=world.koskela,
            reason="misuse",
            valid_from=clock.now(),
            suspended_by=row.suspended_by,
            suspended_by_kind="staff",
            act=row.act,
        )
    with pytest.raises(DatabaseError, match="event"), transaction.atomic():
        Suspension.objects.update(valid_until=clock.now())
    with pytest.raises(DatabaseError, match="event"), transaction.atomic():
        Organization.objects.filter(id=world.koskela.id).update(status="active")
    assert User.objects.filter(id=world.vilma.user_id, epoch=2).exists()
