"""The organization of an assignment is its membership's: the database sets it, whatever was written."""

import pytest
from django.db import IntegrityError

from delegation.authorization.models.assignments import Assignment
from identity.memberships.models import Membership
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def test_assignment_written_with_another_organization_gets_its_memberships(world: World) -> None:
    with bypassing_commands():
        Assignment.objects.filter(membership=world.vilma).update(organization=world.pohjola)
    assert {one.organization_id for one in Assignment.objects.filter(membership=world.vilma)} == {
        world.koskela.id
    }


def test_assignments_of_the_cast_name_the_organizations_of_their_memberships(world: World) -> None:
    rows = Assignment.objects.select_related("membership")
    assert [one for one in rows if one.organization_id != one.membership.organization_id] == []
    assert {one.organization_id for one in rows} == {world.koskela.id, world.pohjola.id}


def test_membership_moved_to_another_organization_is_refused(world: World) -> None:
    with pytest.raises(IntegrityError, match="cannot change its organization"), bypassing_commands():
        Membership.objects.filter(id=world.vilma.id).update(organization=world.pohjola)
