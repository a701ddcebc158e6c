"""The supplier's own acts are open to staff in the right role and scope, and are recorded as theirs."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from audit.foundation.actor import Actor
from audit.models import Event
from delegation.applications import commands as applications_commands
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.staff_roles import StaffRole
from delegation.authorization.values import AmountLimit
from delegation.catalogue import ceilings
from delegation.catalogue import commands as catalogue_commands
from delegation.staff import commands
from identity.clients.models import Application
from provisioning.targets import commands as targets_commands
from tests.fixtures.events import body
from tests.fixtures.staff_rights import Staff, hired
from tests.fixtures.world import CATALOGUE, PLACE, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]


def set_ceiling(actor: Actor, staff: Staff) -> None:
    ceilings.set_ceiling(
        actor=actor, organization=staff.world.koskela, offer={PLACE: AmountLimit(Decimal(9000))}
    )


def apply(actor: Actor, staff: Staff) -> None:
    del staff
    roles = [replace(role, max_assignment_days=5) for role in CATALOGUE.roles]
    catalogue_commands.apply(actor=actor, catalogue=replace(CATALOGUE, roles=roles))


def register(actor: Actor, staff: Staff) -> None:
    del staff
    applications_commands.register_application(
        actor=actor, key="claims", name={"en": "Claims"}, unit="kivisalo"
    )


def connect(actor: Actor, staff: Staff) -> None:
    del staff
    targets_commands.register(
        actor=actor,
        application=Application.objects.get(key="crm"),
        base_url="https://crm.example.test/scim/v2",
        token="t" * 40,
    )


ACTS: dict[str, tuple[Callable[[Actor, Staff], None], set[str]]] = {
    "ceiling.set": (set_ceiling, {"account_manager", "catalogue_owner"}),
    "catalogue.apply": (apply, {"catalogue_owner"}),
    "application.register": (register, {"operator"}),
    "target.register": (connect, {"operator"}),
}


@pytest.mark.parametrize("verb", ACTS)
def test_act_of_the_supplier_is_done_by_the_right_roles_alone(staff: Staff, verb: str) -> None:
    act, able = ACTS[verb]
    for role in sorted(StaffRole, key=lambda one: one in able):
        actor = staff.hire(f"{role.capitalize()} Person", role)
        if role not in able:
            with pytest.raises(Denied):
                act(actor, staff)
            continue
        act(actor, staff)
        done = Event.objects.filter(verb=verb, outcome="done").latest("at")
        assert (done.actor_kind, done.actor) == ("staff", actor.id)
        break


def test_act_on_everything_needs_a_right_for_everything(staff: Staff) -> None:
    with pytest.raises(Denied):
        apply(staff.hire("Yrjö Yksi", "catalogue_owner", unit=staff.kivisalo), staff)


def test_act_on_an_application_needs_a_right_for_its_unit(staff: Staff) -> None:
    foreign = staff.hire("Eeva Eesti", "operator", unit=staff.eesti)
    for act in (register, connect):
        with pytest.raises(Denied):
            act(foreign, staff)
        act(staff.hire(f"{act.__name__.capitalize()} Oma", "operator", unit=staff.kivisalo), staff)


def test_ceiling_of_another_unit_s_organization_is_not_found(staff: Staff) -> None:
    with pytest.raises(NotFound):
        set_ceiling(staff.hire("Maarja Kuusk", "account_manager", unit=staff.eesti), staff)


def test_events_of_a_right_state_its_role_scope_and_end(world: World, staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    right = staff.give(user, "support", unit=staff.eesti)
    commands.end(actor=staff.owner, rights=[right], reason="left the team")
    stated = {"staff_role": "support", "business_unit": "eesti", "organization": None, "until": None}
    given, ended = (
        body(Event.objects.get(verb=f"staff_right.{verb}", outcome="done", subject=user.pk))
        for verb in ("give", "end")
    )
    assert (given["before"], given["after"], given["facts"]) == ({}, stated, {"right": str(right.id)})
    assert (ended["before"], ended["after"], ended["facts"]) == (stated, {}, {"right": str(right.id)})
    for event in (given, ended):
        assert {"reason", "subject.label", "actor.label"} <= event["personal"].keys()
        assert event["organization"] is None
        assert "left the team" not in json.dumps(event)
    of_koskela = staff.give(user, "auditor", organization=world.koskela)
    assert StaffRight.objects.get(id=of_koskela.id).given_by == staff.otso.pk
