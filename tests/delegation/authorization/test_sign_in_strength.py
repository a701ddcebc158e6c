"""The required sign-in strength is the highest that one of the person's roles requires."""

import datetime as dt

import pytest

from audit.foundation import clock
from delegation.authorization import policy
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.roles import RoleVersion
from identity.memberships.models import Membership
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

TICK = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)


def second_role(world: World, membership: Membership, role: str) -> None:
    """Add a role for all sites to a member."""
    version = RoleVersion.objects.get(role__key=role)
    Assignment.objects.create(
        membership=membership,
        role=version.role,
        all_sites=True,
        valid_from=clock.now(),
        assigned_by=world.aino.user_id,
        assigned_by_kind="person",
        act=world.somewhere,
    )


@pytest.mark.parametrize(
    ("name", "assurance"),
    [("vilma", "password"), ("stina", "password"), ("olli", "mfa"), ("sami", "mfa"), ("aino", "mfa")],
)
def test_sign_in_strength_is_that_of_the_role(world: World, name: str, assurance: str) -> None:
    one: Membership = getattr(world, name)
    assert policy.required_assurance(user=one.user_id, at=clock.now()) == assurance


@pytest.mark.parametrize(("first", "second"), [("vilma", "orderer"), ("olli", "viewer")])
def test_sign_in_strength_with_a_strong_and_a_weak_role_is_strong(
    world: World, first: str, second: str
) -> None:
    one: Membership = getattr(world, first)
    with bypassing_commands():
        second_role(world, one, second)
    at = clock.now()
    assert policy.required_assurance(user=one.user_id, at=at) == "mfa"
    assert policy.required_assurance(user=world.stina.user_id, at=at) == "password"
    with bypassing_commands():
        strong = Assignment.objects.filter(membership=one, role__key="orderer")
        strong.update(valid_until=at + DAY)
    assert policy.required_assurance(user=one.user_id, at=at + DAY - TICK) == "mfa"
    assert policy.required_assurance(user=one.user_id, at=at + DAY) == "password"


def test_sign_in_strength_with_a_strong_role_elsewhere_is_strong(world: World) -> None:
    """Mikko is a viewer at Pohjola and an orderer at Koskela."""
    assert policy.required_assurance(user=world.mikko.user_id, at=clock.now()) == "mfa"
    world.remove(world.mikko)
    assert policy.required_assurance(user=world.mikko.user_id, at=clock.now()) == "password"


def test_sign_in_strength_without_a_role_is_password(world: World) -> None:
    assert policy.required_assurance(user=world.somewhere, at=clock.now()) == "password"


def test_sign_in_strength_is_that_of_the_role_version_in_force(world: World) -> None:
    at = clock.now()
    with bypassing_commands():
        RoleVersion.objects.filter(role__key="orderer").update(valid_until=at + DAY)
        role = RoleVersion.objects.get(role__key="orderer").role
        RoleVersion.objects.create(role=role, number=2, required_assurance="password", valid_from=at + DAY)
    assert policy.required_assurance(user=world.olli.user_id, at=at + DAY - TICK) == "mfa"
    assert policy.required_assurance(user=world.olli.user_id, at=at + DAY) == "password"
