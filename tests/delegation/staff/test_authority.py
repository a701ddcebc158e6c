"""Staff rights are asked through policy and scopes: by role, unit and organization, and never by a customer."""

import dataclasses
import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.core import ObjectPermissionChecker
from guardian.shortcuts import get_objects_for_user

from audit.foundation import clock
from audit.foundation.actor import Actor, ActorKind
from audit.models import Event
from delegation.acts.subjects import SupplierSet
from delegation.authorization import policy, scopes, staff_roles
from delegation.authorization.models.staff import StaffPermission, StaffRight, StaffScope
from delegation.authorization.policy import SupplierData
from delegation.authorization.staff_roles import StaffRole
from delegation.authorization.verbs import On, Verb
from delegation.staff import commands
from delegation.staff import scope as staff_scope
from identity.organizations.models import Organization
from identity.people.models import User
from portal.settings import staff_variables
from tests.fixtures.staff_rights import Staff, acting_as, hired
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

SUPPLIER_VERBS = [verb for verb in Verb if verb.rule.on is On.SUPPLIER]


def statements(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as seen:
        call()
    return len(seen)


def allowed(actor: Actor, verb: Verb, on: policy.Subjects) -> bool:
    return bool(policy.decide(actor=actor, verb=verb, on=on, at=clock.now()))


def test_roles_are_those_of_the_settings() -> None:
    assert set(staff_variables.ROLES) == {role.value for role in StaffRole} == set(staff_roles.VERBS)


@pytest.mark.timeout(300)
def test_scope_of_organizations_is_the_decision_on_each(world: World, staff: Staff) -> None:
    """For every verb of the supplier, every role, and rights for everything, a unit and an organization."""
    everywhere = {"koskela", "pohjola", "tamm"}
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({}, everywhere),
        ({"unit": staff.kivisalo}, {"koskela", "pohjola"}),
        ({"unit": staff.eesti}, {"tamm"}),
        ({"organization": world.koskela}, {"koskela"}),
    ]
    organizations = list(Organization.objects.all())
    for number, (role, (scope, reached)) in enumerate(itertools.product(StaffRole, cases)):
        actor = staff.hire(f"Staff{number} Person", role, **scope)
        for verb in SUPPLIER_VERBS:
            if scope and verb.value not in staff_roles.VERBS[role]:
                continue  # not even with a right for everything, as the first case shows
            rows = scopes.organizations(actor=actor, verb=verb, at=clock.now())
            expected = reached if verb.value in staff_roles.VERBS[role] else set()
            assert set(rows.values_list("key", flat=True)) == expected, (role, verb, scope)
            decided = {
                row.key
                for row in organizations
                if allowed(actor, verb, SupplierData(organizations=(row.id,)))
                and allowed(actor, verb, SupplierSet(affects=(row.id,)))
            }
            assert decided == expected, (role, verb, scope)


def test_whole_supplier_and_units_need_a_right_that_covers_them(staff: Staff) -> None:
    of_all = staff.hire("Kai Kaikki", "operator")
    of_unit = staff.hire("Yrjö Yksi", "operator", unit=staff.eesti)
    both = (staff.eesti.id, staff.kivisalo.id)
    verb = Verb.TARGET_UPDATE
    asked = {
        "everything": SupplierData(),
        "own unit": SupplierData(units=both[:1]),
        "both units": SupplierData(units=both),
        "own unit and its organization": SupplierData((staff.tamm.id,), both[:1]),
        "own unit and another organization": SupplierData((staff.world.koskela.id,), both[:1]),
    }
    assert {name for name, on in asked.items() if allowed(of_all, verb, on)} == asked.keys()
    assert {name for name, on in asked.items() if allowed(of_unit, verb, on)} == {
        "own unit", "own unit and its organization"
    }  # fmt: skip


def test_organization_outside_the_own_scope_is_hidden(world: World, staff: Staff) -> None:
    actor = staff.hire("Yrjö Yksi", "account_manager", unit=staff.eesti)
    for organization in (world.koskela.id, world.somewhere):
        on = SupplierData(organizations=(organization,))
        decision = policy.decide(actor=actor, verb=Verb.HOLD_PLACE, on=on, at=clock.now())
        assert (decision.allowed, decision.visible) == (False, False)
    supported = staff.hire("Siiri Support", "support", unit=staff.eesti)
    on = SupplierData(organizations=(staff.tamm.id,))
    decision = policy.decide(actor=supported, verb=Verb.HOLD_PLACE, on=on, at=clock.now())
    assert (decision.allowed, decision.visible, decision.reason) == (False, True, "no_permission")


OTHERS_READ = {
    Verb.APPLICATION_VIEW,
    Verb.CATALOGUE_VIEW,
    Verb.KEY_VIEW,
    Verb.ORPHAN_REQUEST_VIEW,
    Verb.RECORD_PREVIEW,
    Verb.SERVICE_USER_VIEW,
}
"""Reading verbs of operators, of support, or of customers' admins, alone: an auditor reads what they did in the log."""
STARTS = {Verb.REVIEW_START}
"""Starting a review changes no access: the customer's own admins answer it."""


def test_auditor_may_do_no_verb_that_changes_anything(world: World, staff: Staff) -> None:
    """Every verb, on every kind of subject, with a right for everything and a session that allows every role."""
    auditor = staff.hire("Anna Auditor", "auditor")
    subjects: dict[On, list[policy.Subjects]] = {
        On.MEMBERSHIP: [policy.MembershipIds([one.id]) for one in (world.aino, world.vilma, world.stina)],
        On.ORGANIZATION: [policy.OrganizationId(world.koskela.id), policy.OrganizationId(staff.tamm.id)],
        On.SUPPLIER: [
            SupplierData(),
            SupplierData(units=(staff.eesti.id,)),
            SupplierData(organizations=(world.koskela.id,)),
        ],
    }
    decided = 0
    for verb in Verb:
        for on in subjects.get(verb.rule.on, []):
            decided += 1
            expected = verb in STARTS or (verb.rule.reading and verb not in OTHERS_READ)
            assert allowed(auditor, verb, on) == expected, (verb, on)
        if not verb.rule.reading and verb not in STARTS:
            assert verb.value not in staff_roles.VERBS[StaffRole.AUDITOR]
            assert not scopes.organizations(actor=auditor, verb=verb, at=clock.now()).exists()
    assert decided > 50
    assert policy.organization_abilities(actor=auditor, organization=world.koskela.id, at=clock.now()) == {
        Verb.MEMBER_VIEW,
        Verb.ACTIVITY_VIEW,
        Verb.DUTY_VIEW,
        Verb.ORPHAN_CASE_VIEW,
        Verb.REVIEW_START,
        Verb.REVIEW_VIEW,
        Verb.STAFF_RIGHT_VIEW,
        Verb.STAFF_SERVICE_VIEW,
    }


def test_customer_with_the_verbs_of_a_staff_role_changes_nothing_of_the_supplier(
    world: World, staff: Staff
) -> None:
    """A tier is data: one with the verb of a hold still gives a customer none."""
    staff.hire("Siiri Support", "support", organization=world.koskela)
    with bypassing_commands():
        type(world.aino).objects.filter(id=world.aino.id).update(title="")
        for version in _versions_of(world):
            version.verbs = [*version.verbs, *(verb.value for verb in SUPPLIER_VERBS)]
            version.save()
    for verb in SUPPLIER_VERBS:
        for on in (SupplierData(), SupplierData(organizations=(world.koskela.id,))):
            assert not allowed(actor_of(world.aino), verb, on), verb
        found = scopes.organizations(actor=actor_of(world.aino), verb=verb, at=clock.now())
        assert not found.exists(), verb
        assert not staff_scope.rights(actor=actor_of(world.aino), verb=verb, at=clock.now()).exists(), verb


def _versions_of(world: World) -> list[Any]:
    role = world.aino.assignments.get().role
    return list(role.versions.all())


def test_same_id_as_another_kind_of_actor_has_no_staff_right(staff: Staff) -> None:
    for kind in set(ActorKind) - {ActorKind.STAFF, ActorKind.SYSTEM}:
        actor = dataclasses.replace(staff.owner, kind=kind)
        assert not allowed(actor, Verb.STAFF_RIGHT_GIVE, SupplierData()), kind


@pytest.mark.parametrize(("scope", "wide"), [("unit", 1), ("organization", 0)])
def test_decisions_take_a_literal_number_of_statements(
    world: World, staff: Staff, scope: str, wide: int
) -> None:
    """One for the rights, one for the units of organizations where a right is for more than one organization."""
    over = {"unit": staff.kivisalo, "organization": world.koskela}[scope]
    actor = staff.hire("Yrjö Yksi", "account_manager", **{scope: over})
    at, both = clock.now(), (world.koskela.id, world.pohjola.id)
    members = policy.MembershipIds([world.vilma.id, world.olli.id])
    view, place = Verb.MEMBER_VIEW, Verb.HOLD_PLACE
    assert statements(lambda: policy.decide(actor=actor, verb=view, on=members, at=at)) == 2 + wide
    on = SupplierData(organizations=both)
    assert statements(lambda: policy.decide(actor=actor, verb=place, on=on, at=at)) == 1 + wide
    assert statements(lambda: list(scopes.organizations(actor=actor, verb=place, at=at))) == 2
    assert statements(lambda: scopes.memberships(actor=actor, verb=view, at=at).count()) == 2


def test_projection_equals_the_answers_of_guardian(world: World, staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    row = staff.give(user, "account_manager", unit=staff.eesti)
    staff.give(user, "support", organization=world.koskela)
    scope = StaffScope.objects.get(unit=staff.eesti)
    person = User.all_directories.get(pk=user.pk)
    assert ObjectPermissionChecker(person).get_perms(scope) == ["account_manager"]
    found = get_objects_for_user(
        person, "delegation.support", klass=StaffScope, use_groups=False, accept_global_perms=False
    )
    assert [one.organization_id for one in found] == [world.koskela.id]
    commands.end(actor=staff.owner, rights=[row], reason="left the team")
    assert ObjectPermissionChecker(person).get_perms(scope) == []


def test_right_without_its_projection_is_not_in_force_until_it_is_built_again(
    world: World, staff: Staff
) -> None:
    actor = staff.hire("Sanna Heikkilä", "account_manager", unit=staff.kivisalo)
    on = SupplierData(organizations=(world.koskela.id,))
    stray = StaffScope.objects.get(unit=None, organization=None)
    with bypassing_commands():
        row = StaffPermission.objects.get(user=actor.id)
        row.delete()
        StaffPermission.objects.create(user_id=actor.id, content_object=stray, permission=row.permission)
    assert not allowed(actor, Verb.HOLD_PLACE, on)
    commands.project(actor=world.system)
    assert allowed(actor, Verb.HOLD_PLACE, on)
    assert not allowed(actor, Verb.HOLD_PLACE, SupplierData())
    event = Event.objects.get(verb="staff_right.project", outcome="done")
    assert b'"changed_permissions":2' in bytes(event.body)


def test_permission_without_a_right_gives_nothing(world: World, staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    row = staff.give(user, "account_manager", unit=staff.eesti)
    permission = StaffPermission.objects.get(user=user)
    scope = StaffScope.objects.get(unit=None, organization=None)
    with bypassing_commands():
        StaffPermission.objects.create(user=user, content_object=scope, permission=permission.permission)
    assert not allowed(acting_as(user), Verb.HOLD_PLACE, SupplierData(organizations=(world.koskela.id,)))
    assert StaffRight.objects.get(user=user).id == row.id


def test_blocked_staff_user_has_no_right(staff: Staff) -> None:
    actor = staff.hire("Sanna Heikkilä", "account_manager")
    assert allowed(actor, Verb.HOLD_PLACE, SupplierData())
    with bypassing_commands():
        User.all_directories.filter(pk=actor.id).update(is_active=False)
    assert not allowed(actor, Verb.HOLD_PLACE, SupplierData())


def test_unknown_id_of_staff_has_no_right(staff: Staff) -> None:
    actor = dataclasses.replace(staff.owner, id=uuid.uuid4())
    assert not allowed(actor, Verb.STAFF_RIGHT_GIVE, SupplierData())
