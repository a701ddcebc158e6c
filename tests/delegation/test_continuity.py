"""An organization keeps its last working admin, now and at every instant already in the data."""

import datetime as dt
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator

from audit.foundation import clock, ids
from audit.models import Event
from delegation.access import commands as access_commands
from delegation.authorization import admin_queries
from delegation.authorization import errors as authorization_errors
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.roles import RoleVersion
from delegation.continuity_grades import queries as grade_queries
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization
from identity.people.models import User
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)


def _expire(second: Membership) -> None:
    Assignment.objects.filter(membership=second).update(valid_until=clock.now() + 30 * DAY)


def _begin_later(second: Membership) -> None:
    Assignment.objects.filter(membership=second).update(valid_from=clock.now() + DAY)


def _suspend(second: Membership) -> None:
    at = clock.now()
    MembershipPeriod.objects.filter(membership=second).update(valid_until=at)
    MembershipPeriod.objects.create(membership=second, state="suspended", valid_from=at)


def _end_soon(second: Membership) -> None:
    MembershipPeriod.objects.filter(membership=second).update(valid_until=clock.now() + DAY)


def _forget_factor(second: Membership) -> None:
    Authenticator.objects.filter(user=second.user).delete()


def _only_recovery_codes(second: Membership) -> None:
    Authenticator.objects.filter(user=second.user).update(type=Authenticator.Type.RECOVERY_CODES)


def _forget_password(second: Membership) -> None:
    User.objects.filter(id=second.user_id).update(password="!")


def _bounce(second: Membership) -> None:
    User.objects.filter(id=second.user_id).update(mail_bounced_at=clock.now())


def _block(second: Membership) -> None:
    User.objects.filter(id=second.user_id).update(is_active=False)


def _one_site_only(second: Membership) -> None:
    Assignment.objects.filter(membership=second).update(all_sites=False)


def _program(second: Membership) -> None:
    Membership.objects.filter(id=second.id).update(kind=Membership.Kind.SERVICE)


NOT_COUNTING = [
    _expire,
    _begin_later,
    _suspend,
    _end_soon,
    _forget_factor,
    _only_recovery_codes,
    _forget_password,
    _bounce,
    _block,
    _one_site_only,
    _program,
]


@pytest.mark.parametrize("spoil", NOT_COUNTING)
def test_removal_of_the_last_working_admin_beside_an_unusable_admin_is_refused(
    world: World, spoil: Callable[[Membership], None]
) -> None:
    """Päivi would be the only admin left, by a removal of Aino and by each change to less than a lasting admin."""
    ulla_as_admin = world.member(world.koskela, "Third Admin", "organization_admin", factor=False)
    with bypassing_commands():
        spoil(world.paivi)
    third = actor_of(ulla_as_admin)
    with pytest.raises(authorization_errors.LastAdmin):
        people_commands.remove(actor=third, memberships=[world.aino])
    for less in (
        world.access("viewer"),
        world.access("organization_admin", until=clock.now() + 365 * DAY),
        world.access("organization_admin", sites=[world.oulu]),
    ):
        with pytest.raises(authorization_errors.LastAdmin):
            access_commands.change(actor=third, memberships=[world.aino], access=less)
    with pytest.raises(authorization_errors.Unchanged):  # let through, and then found to change nothing
        access_commands.change(
            actor=third, memberships=[world.aino], access=world.access("organization_admin")
        )


def _nothing(second: Membership) -> None:
    del second


@pytest.mark.parametrize("spoil", [_nothing, *NOT_COUNTING])
def test_customers_at_risk_are_those_with_fewer_than_two_working_admins(
    world: World, spoil: Callable[[Membership], None]
) -> None:
    (own,) = Assignment.objects.filter(membership=world.aino)
    own.pk = ids.uuid7()
    with bypassing_commands():
        own.save(force_insert=True)  # A second assignment of Aino, who remains one admin.
        spoil(world.paivi)
    at = clock.now()
    numbers = {
        row: admin_queries.working_admins(organization=row.pk, at=at).count()
        for row in Organization.objects.all()
    }
    found = grade_queries.at_risk(organizations=Organization.objects.all(), at=at)
    assert {one.organization.row: one.admins > 0 for one in found} == {
        row: number > 0 for row, number in numbers.items() if number < 2
    }
    assert (world.koskela in numbers and numbers[world.koskela] == 1) == (spoil is not _nothing)


def test_removal_of_one_of_two_admins_is_allowed_and_of_both_refused(world: World) -> None:
    third = actor_of(world.member(world.koskela, "Third Admin", "organization_admin", factor=False))
    with pytest.raises(authorization_errors.LastAdmin) as both:
        people_commands.remove(actor=third, memberships=[world.vilma, world.paivi, world.aino])
    assert both.value.data["refused"] == [str(world.aino.id), str(world.paivi.id)]
    assert Event.objects.get(outcome="refused").subject == world.aino.id
    people_commands.remove(actor=third, memberships=[world.aino])
    with pytest.raises(authorization_errors.LastAdmin) as last:
        people_commands.remove(actor=third, memberships=[world.vilma, world.paivi])
    assert last.value.data["refused"] == [str(world.paivi.id)]


def test_organization_without_working_admin_still_allows_removals(world: World) -> None:
    """The outside world took the last admin away: the other members can still be managed."""
    third = actor_of(world.member(world.koskela, "Third Admin", "organization_admin", factor=False))
    with bypassing_commands():
        _bounce(world.aino)
        _bounce(world.paivi)
    people_commands.remove(actor=third, memberships=[world.aino])


def _resident_passkey(user: User) -> None:
    credential = {"credential": {"clientExtensionResults": {"credProps": {"rk": True}}}, "name": "Key"}
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=credential)


def test_admin_with_only_a_passkey_counts(world: World) -> None:
    with bypassing_commands():
        _forget_factor(world.paivi)
        _forget_password(world.paivi)
    assert _counting(world) == {world.aino.id}
    with bypassing_commands():
        _resident_passkey(world.paivi.user)
    assert _counting(world) == {world.aino.id, world.paivi.id}


def test_required_sign_in_strength_is_that_of_the_role(world: World) -> None:
    with bypassing_commands():
        _forget_factor(world.paivi)
        RoleVersion.objects.filter(is_admin=True).update(required_assurance="password")
    assert _counting(world) == {world.aino.id, world.paivi.id}


def _counting(world: World) -> set[object]:
    rows = admin_queries.working_admins(organization=world.koskela.id, at=clock.now())
    return set(rows.values_list("id", flat=True))


def test_admin_changing_their_own_access_is_refused(world: World) -> None:
    for only, requested in (
        (world.tiina, world.access("viewer")),
        (world.aino, world.access("organization_admin")),
    ):
        with pytest.raises(authorization_errors.Denied) as refusal:
            access_commands.change(actor=actor_of(only), memberships=[only], access=requested)
        assert refusal.value.data["reason"] == "own_membership"
        with pytest.raises(authorization_errors.Denied):
            people_commands.remove(actor=actor_of(only), memberships=[only])
