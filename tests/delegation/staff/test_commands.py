"""Owners give and end staff rights within their own; the first owner is appointed once."""

import datetime as dt
from typing import Any

import pytest

from audit.foundation import clock
from audit.foundation.actor import Actor, system
from audit.foundation.errors import DomainError
from audit.models import Event
from delegation.authorization import authorities
from delegation.authorization.errors import (
    AlreadyExists,
    AuditorApart,
    Denied,
    ExceedsAuthority,
    InvalidAccess,
    InvalidInput,
    LastOwner,
    NotFound,
    OwnerExists,
)
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.staff_roles import StaffRole
from delegation.staff import commands
from identity.staff import break_glass, identities
from tests.fixtures import staff_rights, staff_users
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.staff_rights import Staff, acting_as, hired
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
DAY = dt.timedelta(days=1)


def verbs_of(actor: Actor) -> set[str]:
    own = authorities.authorities_of(actor=actor, at=clock.now())
    return {verb for authority in own for verb in authority.verbs}


def ends(staff: Staff, row: StaffRight, by: Actor | None = None) -> None:
    commands.end(actor=by or staff.owner, rights=[row], reason="left the team")


def test_first_owner_is_appointed_by_the_system_once(world: World, staff: Staff) -> None:
    sam = hired("Sam Salonen")
    with pytest.raises(OwnerExists):
        commands.appoint_owner(actor=world.system, user=sam, reason="again")
    for actor in (staff.owner, actor_of(world.aino), acting_as(sam)):
        with pytest.raises((Denied, NotFound)):
            commands.appoint_owner(actor=actor, user=sam, reason="again")
    event = Event.objects.get(verb="owner.appoint", outcome="done")
    assert (event.actor_kind, event.subject_kind, event.subject) == ("system", "user", staff.otso.pk)


def test_owner_can_be_appointed_again_after_the_only_one_was_blocked(world: World, staff: Staff) -> None:
    sam = hired("Sam Salonen")
    with bypassing_commands():
        type(sam).all_directories.filter(pk=staff.otso.pk).update(is_active=False)
    commands.appoint_owner(actor=world.system, user=sam, reason="the owner left")
    assert "staff_right.give" in verbs_of(acting_as(sam))
    with bypassing_commands():
        type(sam).all_directories.filter(pk=staff.otso.pk).update(is_active=True)


def test_right_is_in_force_from_the_act_to_its_end(staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    sanna = acting_as(user)
    assert verbs_of(sanna) == set()
    row = staff.give(user, "account_manager", unit=staff.kivisalo)
    assert "hold.place" in verbs_of(sanna)
    ends(staff, row)
    assert verbs_of(sanna) == set()
    with pytest.raises(NotFound):
        ends(staff, row)


def test_right_with_an_end_runs_out_by_itself(staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    staff.give(user, "support", unit=staff.kivisalo, until=clock.now() + DAY)
    assert "member.view" in verbs_of(acting_as(user))
    move_clock(DAY.total_seconds() + 1)
    assert verbs_of(acting_as(user)) == set()


def test_right_counts_only_in_a_session_that_allows_its_role(staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    staff.give(user, "account_manager", unit=staff.kivisalo)
    assert verbs_of(acting_as(user, "account_manager")) != set()
    assert verbs_of(acting_as(user, "support")) == set()
    no_roles = Actor(kind=acting_as(user).kind, id=user.pk, channel=acting_as(user).channel)
    assert verbs_of(no_roles) == set()


def test_owner_of_a_unit_gives_and_ends_rights_within_it_only(world: World, staff: Staff) -> None:
    maarja = staff.hire("Maarja Kuusk", "owner", unit=staff.eesti)
    user = hired("Sanna Heikkilä")
    staff.give(user, "support", unit=staff.eesti, by=maarja)
    staff.give(user, "account_manager", organization=staff.tamm, by=maarja)
    for scope in ({"unit": staff.kivisalo}, {"organization": world.koskela}, {}):
        with pytest.raises((Denied, NotFound)):
            staff.give(user, "support", by=maarja, **scope)
    of_koskela = staff.give(user, "support", organization=world.koskela)
    of_everything = staff.give(user, "operator")
    for row in (of_koskela, of_everything):
        with pytest.raises((Denied, NotFound)):
            ends(staff, row, by=maarja)
    within = StaffRight.objects.get(user=user, scope__unit=staff.eesti)
    with pytest.raises((Denied, NotFound)):
        commands.end(actor=maarja, rights=[within, of_koskela], reason="one of them is not hers")
    commands.end(actor=maarja, rights=[within], reason="left the team")


@pytest.mark.parametrize("role", sorted(set(StaffRole) - {StaffRole.OWNER}))
def test_staff_without_an_owner_s_right_give_nothing(staff: Staff, role: str) -> None:
    other, user = staff.hire("Maarja Kuusk", role), hired("Sanna Heikkilä")
    with pytest.raises(Denied):
        staff.give(user, "support", by=other)
    with pytest.raises(NotFound):
        staff.give(user, "support", by=actor_of(staff.world.aino))
    with pytest.raises(NotFound):
        staff.give(user, "support", by=system())


def test_owner_gives_nothing_to_themselves(staff: Staff) -> None:
    with pytest.raises(Denied) as refused:
        staff.give(staff.otso, "support")
    assert refused.value.data["reason"] == "own_right"


def test_owner_gives_no_longer_than_their_own_right(staff: Staff) -> None:
    user, end = hired("Sanna Heikkilä"), clock.now() + DAY
    maarja = staff.hire("Maarja Kuusk", "owner", unit=staff.eesti, until=end)
    for until in (None, end + DAY):
        with pytest.raises(ExceedsAuthority) as refused:
            staff.give(user, "support", unit=staff.eesti, by=maarja, until=until)
        assert refused.value.data == {"field": "until", "until": end.isoformat()}
    staff.give(user, "support", unit=staff.eesti, by=maarja, until=end)
    with pytest.raises(InvalidAccess):
        staff.give(user, "support", unit=staff.eesti, until=clock.now())


def test_last_owner_cannot_be_ended(staff: Staff) -> None:
    first = StaffRight.objects.get(user=staff.otso)
    with pytest.raises(LastOwner):
        ends(staff, first)
    maarja = staff.hire("Maarja Kuusk", "owner", until=clock.now() + DAY)
    with pytest.raises(LastOwner):
        ends(staff, first, by=maarja)
    sam = staff.hire("Sam Salonen", "owner")
    of_unit = staff.give(hired("Sanna Heikkilä"), "owner", unit=staff.eesti)
    ends(staff, of_unit)
    ends(staff, first, by=sam)
    with pytest.raises(LastOwner):
        ends(staff, StaffRight.objects.get(user=sam.id), by=sam)


def test_owners_who_end_each_other_at_once_leave_one(staff: Staff) -> None:
    sam = staff.hire("Sam Salonen", "owner")
    rights = {actor.id: StaffRight.objects.get(user=actor.id) for actor in (staff.owner, sam)}

    def end(by: Actor, whose: Actor) -> str:
        try:
            ends(staff, rights[whose.id], by=by)
        except DomainError as error:
            return error.code
        return "ended"

    found = run_concurrently(lambda: end(staff.owner, sam), lambda: end(sam, staff.owner))
    assert sorted(map(str, found)) == ["ended", "not_found"]
    assert StaffRight.objects.filter(role="owner", valid_until=None).count() == 1


def test_auditor_has_no_other_role_at_the_same_time(staff: Staff) -> None:
    auditor, operator = hired("Anna Auditor"), hired("Olli Operator")
    staff.give(auditor, "auditor", unit=staff.eesti)
    staff.give(auditor, "auditor", unit=staff.kivisalo)
    operating = staff.give(operator, "operator", unit=staff.eesti)
    with pytest.raises(AuditorApart):
        staff.give(auditor, "support", organization=staff.tamm)
    with pytest.raises(AuditorApart):
        staff.give(operator, "auditor")
    ends(staff, operating)
    staff.give(operator, "auditor")


def test_same_right_twice_is_refused(staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    staff.give(user, "support", unit=staff.eesti, until=clock.now() + DAY)
    with pytest.raises(AlreadyExists):
        staff.give(user, "support", unit=staff.eesti)
    staff.give(user, "support", unit=staff.kivisalo)


def test_right_needs_a_reason_a_known_role_and_one_scope(staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    cases: list[tuple[str, str, dict[str, Any]]] = [
        (" ", "support", {}),
        ("x", "superuser", {}),
        ("x", "support", {"unit": staff.eesti, "organization": staff.tamm}),
    ]
    for reason, role, scope in cases:
        with pytest.raises(InvalidInput):
            commands.give(actor=staff.owner, user=user, role=role, reason=reason, **scope)


def test_customer_and_blocked_staff_receive_no_right(world: World, staff: Staff) -> None:
    with pytest.raises(NotFound):
        staff.give(world.aino.user, "support")
    with pytest.raises(NotFound):
        commands.appoint_owner(actor=world.system, user=world.aino.user, reason="x")
    user = hired("Sanna Heikkilä")
    with bypassing_commands():
        type(user).all_directories.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(NotFound):
        staff.give(user, "support")
    with bypassing_commands():
        type(user).all_directories.filter(pk=user.pk).update(is_active=True)


def test_break_glass_user_receives_rights_from_the_system_alone(staff: Staff) -> None:
    staff_users.break_glass_opened()
    user = identities.find(issuer=break_glass.ISSUER, subject=break_glass.SUBJECT)
    assert user is not None
    for scope in ({"unit": staff.kivisalo}, {"until": clock.now() + DAY}, {}):
        with pytest.raises(NotFound):
            staff.give(user, "owner", **scope)
    (appointed,) = StaffRight.objects.filter(user=user)
    assert (appointed.given_by_kind, appointed.valid_until is None) == ("system", False)


def test_repeated_request_with_its_key_gives_one_right(staff: Staff) -> None:
    user = hired("Sanna Heikkilä")
    made = [
        commands.give(
            actor=staff.owner, user=user, role="support", unit=staff.eesti, reason="new", idempotency_key="k"
        )
        for _ in range(2)
    ]
    assert [staff_rights.right(one).user_id for one in made] == [user.pk, user.pk]
    assert made[1].replayed
    assert StaffRight.objects.filter(user=user).count() == 1
