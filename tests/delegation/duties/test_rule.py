"""No act newly gives a person two entitlements that conflict, whatever the act; access that people have stays."""

import datetime as dt
import itertools
import json
import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.models import Event
from delegation.access import commands as access_commands
from delegation.authorization.errors import ConflictingAccess
from delegation.authorization.models.assignments import Assignment, AssignmentLimit
from delegation.authorization.models.duties import DutyConflictVersion
from delegation.authorization.models.roles import Entitlement, Role
from delegation.authorization.values import AccessSpec
from delegation.catalogue import ceilings
from delegation.handovers import commands as handovers
from delegation.handovers.models import Handover
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from delegation.people.commands import enrollment, members, suspension
from identity.memberships.models import Membership
from tests.fixtures import duties
from tests.fixtures.world import (
    APPROVE,
    PLACE,
    World,
    actor_of,
    bypassing_commands,
    hashed,
    limits,
    move_clock,
)

pytestmark = pytest.mark.django_db(transaction=True)


def tiers_of(member: Membership) -> set[str]:
    rows = Assignment.objects.filter(membership=member, valid_until=None)
    return set(rows.values_list("role__key", flat=True))


def accept(world: World, member: Membership, link: str, invitation: uuid.UUID) -> None:
    invitations_accept.accept(
        actor=actor_of(member),
        invitation=world.invitation(invitation),
        link=link,
        accepted_by=member.user,
    )


def change(world: World) -> None:
    world.change(world.vilma, world.access("approver"))


def invite(world: World) -> None:
    world.invite(world.koskela, "new@koskela.example", world.access("approver"), actor=actor_of(world.aino))


def restore(world: World) -> None:
    world.remove(world.vilma)
    members.restore(actor=actor_of(world.aino), memberships=[world.vilma], access=world.access("approver"))


def enroll(world: World) -> None:
    person = enrollment.PersonToEnroll(
        "old@koskela.example", "Old One", hashed(), "en", world.access("approver")
    )
    enrollment.enroll(actor=world.system, organization=world.koskela, people=[person])


@pytest.mark.parametrize("act", [change, invite, restore, enroll], ids=lambda act: act.__name__)
def test_act_that_gives_both_is_refused_and_says_which(world: World, act: Callable[[World], None]) -> None:
    duties.declare(world)
    with pytest.raises(ConflictingAccess) as refused:
        act(world)
    data = refused.value.data
    assert (data["conflict"], data["entitlements"], data["text"]) == (
        duties.KEY,
        list(duties.PAIR),
        duties.TEXT,
    )
    assert not Assignment.objects.filter(role__key="approver").exists()


def test_each_act_gives_both_where_the_conflict_is_only_reported(world: World) -> None:
    duties.declare(world, "report")
    for act in (change, invite, restore, enroll):
        act(world)
    assert Assignment.objects.filter(role__key="approver", valid_until=None).count() == 2


def test_refusal_is_logged_with_the_conflict_and_without_its_text(world: World) -> None:
    duties.declare(world)
    with pytest.raises(ConflictingAccess):
        change(world)
    body = json.loads(bytes(Event.objects.get(verb="access.change", outcome="refused").body))
    assert body["facts"] == {
        "code": "conflicting_access",
        "conflict": duties.KEY,
        "entitlements": list(duties.PAIR),
        "field": "role",
        "members": [str(world.vilma.id)],
    }


def sent_by_sami(world: World) -> tuple[uuid.UUID, str]:
    """An invitation to a colleague who its sender does not see: mikko is at another site."""
    result = invitations_send.invite(
        actor=actor_of(world.sami),
        organization=world.koskela,
        email=world.mikko.user.email or "",
        access=duties.checker(world.oulu),
    ).result
    return result.invitation, result.link


def test_second_half_by_an_invitation_is_refused_when_it_is_accepted(world: World) -> None:
    duties.declare(world)
    invitation, link = sent_by_sami(world)
    world.change(world.mikko, world.access("orderer", sites=[world.tampere, world.oulu]))
    with pytest.raises(ConflictingAccess) as refused:
        accept(world, world.mikko, link, invitation)
    assert refused.value.data["members"] == [str(world.mikko.id)]
    assert tiers_of(world.mikko) == {"orderer"}
    assert world.invitation(invitation).accepted_at is None


def test_second_half_at_another_site_is_given(world: World) -> None:
    duties.declare(world)
    invitation, link = sent_by_sami(world)
    accept(world, world.mikko, link, invitation)
    assert tiers_of(world.mikko) == {"orderer", "checker"}


def test_second_half_at_the_same_site_is_refused_while_the_first_lasts(world: World) -> None:
    """The half with an end conflicts too; the one that has ended does not."""
    duties.declare(world)
    invitation, link = sent_by_sami(world)
    until = clock.now() + dt.timedelta(hours=1)
    world.change(world.mikko, world.access("orderer", sites=[world.oulu], until=until))
    with pytest.raises(ConflictingAccess):
        accept(world, world.mikko, link, invitation)
    move_clock(2 * 3600)
    accept(world, world.mikko, link, invitation)


def test_handover_to_a_person_with_the_other_half_is_refused(world: World) -> None:
    duties.declare(world)
    world.change(world.paivi, duties.checker())
    with bypassing_commands():
        extra = Assignment.objects.get(membership=world.aino)
        extra.pk, extra.role = None, Role.objects.get(key="orderer")
        extra.save()
        place = Entitlement.objects.get(key=PLACE)
        AssignmentLimit.objects.create(assignment=extra, entitlement=place, amount=10, currency="EUR")
    made = handovers.open_handover(actor=actor_of(world.aino), giver=world.aino, successor=world.paivi)
    row = Handover.objects.get(id=made.result.handover)
    handovers.accept(actor=actor_of(world.paivi), handover=row)
    with pytest.raises(ConflictingAccess):
        handovers.complete(actor=actor_of(world.aino), handover=row, stay_as="viewer")


def test_existing_conflict_stays_and_may_get_smaller_or_the_same(world: World) -> None:
    world.change(world.vilma, world.access("approver", sites=[world.tampere, world.oulu], amount=100))
    duties.declare(world)
    world.change(world.vilma, world.access("approver", sites=[world.tampere, world.oulu], amount=200))
    access_commands.limit_sites(
        actor=actor_of(world.aino), memberships=[world.vilma], sites=frozenset({world.oulu.id})
    )
    assert tiers_of(world.vilma) == {"approver"}
    until = clock.now() + dt.timedelta(days=9)
    world.change(world.vilma, world.access("approver", sites=[world.oulu], until=until))
    for wider in (
        world.access("approver", sites=[world.oulu, world.tampere], until=until),
        world.access("approver", until=until),
        world.access("approver", sites=[world.oulu], until=until + dt.timedelta(days=1)),
        world.access("approver", sites=[world.oulu]),
    ):
        with pytest.raises(ConflictingAccess):
            world.change(world.vilma, wider)
    world.change(world.vilma, world.access("viewer"))
    with pytest.raises(ConflictingAccess):
        world.change(world.vilma, world.access("approver", sites=[world.oulu], until=until))


def test_suspended_member_cannot_be_given_both_and_resumes_with_what_was_there(world: World) -> None:
    world.change(world.olli, world.access("approver"))
    duties.declare(world)
    for member in (world.vilma, world.olli):
        suspension.suspend(actor=actor_of(world.aino), memberships=[member])
    with pytest.raises(ConflictingAccess):
        world.change(world.vilma, world.access("approver"))
    for member in (world.vilma, world.olli):
        suspension.resume(actor=actor_of(world.aino), memberships=[member])
    assert (tiers_of(world.vilma), tiers_of(world.olli)) == ({"viewer"}, {"approver"})


def test_entitlement_that_is_not_offered_is_in_no_conflict(world: World) -> None:
    duties.declare(world)
    ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer={APPROVE: None})
    world.change(world.vilma, AccessSpec("approver", all_sites=True, limits=limits("orderer", 10)))
    assert tiers_of(world.vilma) == {"approver"}


def test_conflict_that_the_catalogue_ends_refuses_no_more(world: World) -> None:
    duties.declare(world)
    duties.declare(world, "off")
    assert not DutyConflictVersion.objects.filter(valid_until=None).exists()
    change(world)
    duties.declare(world)
    assert DutyConflictVersion.objects.filter(valid_until=None).count() == 1


def test_rule_takes_no_statement_without_a_conflict_and_two_with_one_for_any_number(world: World) -> None:
    people = [world.olli, world.vilma, world.mikko]
    amounts = itertools.count(1)

    def counted(members: list[Membership], tier: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            access_commands.change(
                actor=actor_of(world.aino),
                memberships=members,
                access=world.access(tier, amount=next(amounts), sites=[world.oulu]),
            )
        return len(seen)

    def both(tier: str) -> tuple[int, int]:
        return counted(people[:1], tier), counted(people[1:], tier)

    before = {tier: both(tier) for tier in ("orderer", "viewer")}
    duties.declare(world)
    after = {tier: both(tier) for tier in ("orderer", "viewer")}
    assert after == {"viewer": before["viewer"], "orderer": tuple(number + 2 for number in before["orderer"])}
