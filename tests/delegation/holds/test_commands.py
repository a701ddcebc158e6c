"""A hold stops an application or an entitlement of one organization, and lifts by itself or by an act."""

import datetime as dt
import json

import pytest
from django.db import IntegrityError, transaction

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.models import Event
from delegation.authorization import entitlements
from delegation.authorization.errors import AlreadyExists, Denied, InvalidAccess, InvalidInput, NotFound
from delegation.authorization.models.ceilings import Hold
from delegation.authorization.staff_roles import StaffRole
from delegation.holds import commands, queries
from delegation.holds.queries import HoldEffects
from identity.clients.models import Application
from identity.memberships.models import Membership
from tests.fixtures import holds
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import APPROVE, PLACE, World, actor_of, bypassing_commands, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
DAY = dt.timedelta(days=1)
SEE = "ordering:orders.see"


def keys(member: Membership) -> set[str]:
    rights = entitlements.rights_of(memberships=[member.id], at=clock.now())[member.id]
    return {right.entitlement for right in rights}


def test_hold_on_an_entitlement_stops_it_for_the_organization_and_leaves_the_rest(
    world: World, sanna: Actor
) -> None:
    before = keys(world.mikko), keys(world.mikko_at_pohjola)
    hold = holds.place(world, sanna, PLACE)
    assert keys(world.mikko) == before[0] - {PLACE}
    assert keys(world.mikko_at_pohjola) == before[1]
    commands.lift(actor=sanna, hold=hold)
    assert (keys(world.mikko), keys(world.mikko_at_pohjola)) == before


def test_hold_on_an_application_stops_everything_in_it(world: World, sanna: Actor) -> None:
    before = keys(world.mikko)
    hold = holds.place(world, sanna, "ordering")
    assert keys(world.mikko) == {key for key in before if key.startswith("crm:")} != set()
    commands.lift(actor=sanna, hold=hold)
    assert keys(world.mikko) == before


def test_hold_lifts_by_itself_at_its_end(world: World, sanna: Actor) -> None:
    end = clock.now() + DAY
    hold = holds.place(world, sanna, PLACE, until=end)
    assert PLACE not in keys(world.mikko)
    assert entitlements.next_change(memberships=[world.mikko.id], at=clock.now()) == {world.mikko.id: end}
    move_clock(DAY.total_seconds() + 1)
    assert PLACE in keys(world.mikko)
    assert queries.in_force(organization=world.koskela.id, at=clock.now()) == []
    with pytest.raises(NotFound):
        commands.lift(actor=sanna, hold=hold)
    holds.place(world, sanna, PLACE)


def test_both_holds_must_be_lifted_where_an_application_and_its_entitlement_are_stopped(
    world: World, sanna: Actor
) -> None:
    of_application, of_entitlement = holds.place(world, sanna, "ordering"), holds.place(world, sanna, PLACE)
    commands.lift(actor=sanna, hold=of_application)
    assert PLACE not in keys(world.mikko)
    commands.lift(actor=sanna, hold=of_entitlement)
    assert PLACE in keys(world.mikko)
    with pytest.raises(NotFound):
        commands.lift(actor=sanna, hold=of_entitlement)


def test_hold_is_refused_twice_for_unknown_keys_reasons_and_ends_in_the_past(
    world: World, sanna: Actor
) -> None:
    for stops in (PLACE, "ordering"):
        holds.place(world, sanna, stops)
        with pytest.raises(AlreadyExists):
            holds.place(world, sanna, stops)
    for stops in ("", "nothing", "ordering:nothing", "%"):
        with pytest.raises(InvalidInput):
            holds.place(world, sanna, stops)
    with pytest.raises(InvalidAccess):
        holds.place(world, sanna, APPROVE, until=clock.now())
    with pytest.raises(InvalidInput):
        commands.place(actor=sanna, organization=world.koskela, stops=APPROVE, reason="dislike")


@pytest.mark.parametrize("role", sorted(set(StaffRole) - {StaffRole.ACCOUNT_MANAGER}))
def test_staff_in_other_roles_place_and_lift_no_hold(
    world: World, staff: Staff, sanna: Actor, role: str
) -> None:
    hold = holds.place(world, sanna, PLACE)
    other = staff.hire("Timo Toinen", role, unit=staff.kivisalo)
    with pytest.raises(Denied):
        holds.place(world, other, APPROVE)
    with pytest.raises(Denied):
        commands.lift(actor=other, hold=hold)
    refused = Event.objects.filter(verb__startswith="hold.", outcome="refused", actor=other.id)
    assert sorted(refused.values_list("verb", flat=True)) == ["hold.lift", "hold.place"]


def test_hold_of_another_unit_s_organization_is_not_found(world: World, staff: Staff, sanna: Actor) -> None:
    hold = holds.place(world, sanna, PLACE)
    eesti = staff.hire("Maarja Kuusk", "account_manager", unit=staff.eesti)
    for stranger in (eesti, actor_of(world.aino), actor_of(world.stina)):
        with pytest.raises(NotFound):
            holds.place(world, stranger, APPROVE)
        with pytest.raises(NotFound):
            commands.lift(actor=stranger, hold=hold)
    with pytest.raises(NotFound):
        commands.place(actor=sanna, organization=staff.tamm, stops=PLACE, reason="overdue")


def test_hold_of_another_organization_is_not_lifted_under_this_one_s_lock(
    world: World, staff: Staff, sanna: Actor
) -> None:
    of_pohjola = staff.hire("Pia Pohjola", "account_manager", organization=world.pohjola)
    hold = holds.place(world, sanna, PLACE)
    hold.organization = world.pohjola
    with pytest.raises(NotFound):
        commands.lift(actor=of_pohjola, hold=hold)
    assert PLACE not in keys(world.mikko)


def test_events_name_the_hold_and_only_the_supplier_s_has_the_note(world: World, sanna: Actor) -> None:
    end = clock.now() + DAY
    made = commands.place(
        actor=sanna,
        organization=world.koskela,
        stops=PLACE,
        reason="overdue",
        until=end,
        note="Call Aino first",
    )
    facts = {
        "hold": str(made.result.hold), "application": None, "entitlement": PLACE, "hold_reason": "overdue",
        "hold_until": end.isoformat(),
    }  # fmt: skip
    events = {
        event.subject_kind: json.loads(bytes(event.body)) for event in Event.objects.filter(act=made.act)
    }
    assert events.keys() == {"supplier", "organization"}
    assert events["supplier"]["facts"] == {**facts, "organization": str(world.koskela.id)}
    assert events["organization"]["facts"] == facts
    assert events["supplier"]["organization"] is None
    assert events["organization"]["organization"] == str(world.koskela.id)
    assert "reason" in events["supplier"]["personal"]
    assert "reason" not in events["organization"]["personal"]
    assert Event.objects.get(act=made.act, subject_kind="organization").chain == world.koskela.id


def test_effects_count_the_people_that_the_hold_then_stops(world: World, sanna: Actor) -> None:
    at = clock.now()
    of_place = queries.effects(organization=world.koskela.id, stops=PLACE, at=at)
    assert of_place == HoldEffects(
        stopped=2, not_stopped=5, by_entitlement={PLACE: 2}, by_role={"orderer": 2}
    )
    of_application = queries.effects(organization=world.koskela.id, stops="ordering", at=at)
    members = Membership.objects.filter(organization=world.koskela)
    could = {one.id for one in members if any(key.startswith("ordering:") for key in keys(one))}
    assert (of_application.stopped, of_application.not_stopped) == (len(could), 7 - len(could))
    assert of_application.by_entitlement[PLACE] == 2
    assert queries.effects(organization=world.koskela.id, stops="nothing", at=at).stopped == 0
    holds.place(world, sanna, PLACE)
    assert queries.effects(organization=world.koskela.id, stops=PLACE, at=clock.now()).stopped == 0
    assert {one for one in could if not keys(Membership.objects.get(id=one))} == set()


def test_holds_in_force_are_listed_with_their_application(world: World, sanna: Actor) -> None:
    end = clock.now() + DAY
    first, second = holds.place(world, sanna, PLACE, until=end), holds.place(world, sanna, "crm")
    found = queries.in_force(organization=world.koskela.id, at=clock.now())
    assert [(one.id, one.application, one.entitlement, one.valid_until) for one in found] == [
        (first.id, "ordering", PLACE, end),
        (second.id, "crm", "", None),
    ]
    assert queries.in_force(organization=world.pohjola.id, at=clock.now()) == []


def test_repeated_request_with_its_key_places_one_hold(world: World, sanna: Actor) -> None:
    made = [
        commands.place(
            actor=sanna, organization=world.koskela, stops=PLACE, reason="overdue", idempotency_key="k"
        )
        for _ in range(2)
    ]
    assert made[0].result == made[1].result
    assert Hold.objects.count() == 1


def test_row_of_two_things_or_of_none_is_refused_by_the_database(world: World, sanna: Actor) -> None:
    row = Hold.objects.filter(id=holds.place(world, sanna, PLACE).id)
    shop = Application.objects.get(key="ordering")
    for values in ({"application": shop}, {"entitlement": None}):
        with (
            pytest.raises(IntegrityError, match="hold_stops_one_thing"),
            bypassing_commands(),
            transaction.atomic(),
        ):
            row.update(**values)
