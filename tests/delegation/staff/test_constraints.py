"""The line between staff and customers is drawn by the database: tried with SQL as the application's role."""

import uuid
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from delegation.authorization.models.staff import StaffPermission, StaffRight, StaffScope
from tests.fixtures.staff_rights import Staff, hired
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

RIGHT = """
INSERT INTO delegation_staffright (id, user_id, role, scope_id, valid_from, valid_until, given_by, given_by_kind, act)
VALUES (gen_random_uuid(), %(user)s, %(role)s, %(scope)s, %(begin)s, %(end)s, %(user)s, 'staff', gen_random_uuid())
"""
PERMISSION = """
INSERT INTO delegation_staffpermission (id, user_id, permission_id, content_object_id)
SELECT gen_random_uuid(), %(user)s, permission_id, content_object_id FROM delegation_staffpermission LIMIT 1
"""
MEMBERSHIP = """
INSERT INTO identity_membership
SELECT (jsonb_populate_record(m, jsonb_build_object(
    'id', gen_random_uuid(), 'user_id', %(user)s::uuid, 'directory', %(directory)s::text))).*
FROM identity_membership m WHERE organization_id = %(organization)s LIMIT 1
"""
"""A row of another member with this user."""


def run(statement: str, **params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def refusal(statement: str, **params: Any) -> str:
    """The constraint that refuses this statement at once, with the guards of commands away."""
    with pytest.raises(IntegrityError) as refused, bypassing_commands(), transaction.atomic():
        run(statement, **params)
    cause = refused.value.__cause__
    assert isinstance(cause, psycopg.Error)
    return str(cause.diag.constraint_name)


def right(staff: Staff, user: uuid.UUID, **other: Any) -> dict[str, Any]:
    scope = StaffScope.objects.get(unit=None, organization=None).id
    return {"user": user, "role": "support", "scope": scope, "begin": "2026-01-01Z", "end": None, **other}


def test_customer_never_has_a_staff_right(world: World, staff: Staff) -> None:
    for customer in (world.aino.user_id, world.stina.user_id):
        assert refusal(RIGHT, **right(staff, customer)) == "staff_right_of_staff"
        assert refusal(PERMISSION, user=customer) == "staff_permission_of_staff"
    for table in ("delegation_staffright", "delegation_staffpermission"):
        moved = f"UPDATE {table} SET user_id = %(user)s"
        assert refusal(moved, user=world.aino.user_id).endswith("_of_staff")


@pytest.mark.parametrize("directory", ["customer", "staff", "service"])
def test_staff_user_never_has_a_membership(world: World, staff: Staff, directory: str) -> None:
    found = refusal(MEMBERSHIP, organization=world.koskela.id, user=staff.otso.pk, directory=directory)
    assert found in {"membership_user_in_directory", "membership_never_for_staff"}
    moved = "UPDATE identity_membership SET user_id = %(user)s, directory = %(directory)s WHERE id = %(id)s"
    found = refusal(moved, id=world.vilma.id, user=staff.otso.pk, directory=directory)
    assert found in {"membership_user_in_directory", "membership_never_for_staff"}


def test_user_with_a_staff_right_changes_no_directory(world: World, staff: Staff) -> None:
    moved = """
        UPDATE identity_user SET directory = 'customer', email = 'otso@koskela.example', contact = ''
        WHERE id = %(user)s
    """
    assert refusal(moved, user=staff.otso.pk) in {
        "staff_right_of_staff", "staff_permission_of_staff", "staff_identity_of_staff", "staff_session_of_staff"
    }  # fmt: skip


def test_auditor_with_another_role_is_refused_by_the_database(world: World, staff: Staff) -> None:
    user = hired("Anna Auditor")
    staff.give(user, "auditor", organization=world.koskela)
    overlapping = right(staff, user.pk, role="operator", begin="2026-01-01Z", end="2099-01-01Z")
    assert refusal(RIGHT, **overlapping) == "staff_auditor_apart"
    with bypassing_commands():
        run(RIGHT, **right(staff, user.pk, role="operator", end="2026-02-01Z"))
        StaffRight.objects.filter(user=user, role="operator").delete()


def test_right_of_an_unknown_role_or_with_a_negative_interval_is_refused(world: World, staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    assert refusal(RIGHT, **right(staff, user.pk, role="root")) == "staff_right_known_role"
    with pytest.raises(DatabaseError), bypassing_commands(), transaction.atomic():
        run(RIGHT, **right(staff, user.pk, end="2025-01-01Z"))


def test_scope_of_two_parts_and_a_second_scope_of_the_supplier_are_refused(
    world: World, staff: Staff
) -> None:
    scope = """
        INSERT INTO delegation_staffscope (id, unit_id, organization_id)
        VALUES (gen_random_uuid(), %(unit)s, %(organization)s)
    """
    both = {"unit": staff.eesti.id, "organization": world.koskela.id}
    assert refusal(scope, **both) == "staff_scope_names_one_part"
    assert refusal(scope, unit=None, organization=None) == "staff_scope_unique"


def test_right_and_projection_without_an_act_are_refused(world: World, staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    statements: list[tuple[str, dict[str, Any]]] = [
        (RIGHT, right(staff, user.pk)),
        (PERMISSION, {"user": user.pk}),
        ("UPDATE delegation_staffright SET valid_until = now()", {}),
        ("DELETE FROM delegation_staffpermission", {}),
        ("UPDATE delegation_staffscope SET unit_id = %(unit)s", {"unit": staff.eesti.id}),
    ]
    for statement, params in statements:
        with pytest.raises(DatabaseError, match="without the event of an act"), transaction.atomic():
            run(statement, **params)
    assert StaffPermission.objects.count() == StaffRight.objects.count() == 1
