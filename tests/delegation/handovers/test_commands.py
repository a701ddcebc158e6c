"""A handover goes step by step and is completed in one act: no instant without an admin, no role without a holder."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.foundation import clock
from audit.foundation.actor import Channel, system
from delegation.access import commands as access_commands
from delegation.authorization import admin_queries
from delegation.authorization.errors import (
    AlreadyExists,
    Denied,
    HandoverNotReady,
    HandoverOver,
    InvalidInput,
    NotFound,
)
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.values import AccessSpec
from delegation.handovers import commands, queries
from delegation.handovers.models import Handover
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands.accept import Newcomer
from delegation.invitations.models import Invitation
from identity.memberships.models import Membership, MembershipPeriod
from tests.fixtures.world import World, actor_of, bypassing_commands, hashed, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
DAY = 24 * 3600
# An admin by the tables alone: an admin's role for all sites and an active period.
ADMINS_AT = """
SELECT count(DISTINCT a.membership_id) FROM delegation_assignment a
JOIN delegation_roleversion v ON v.role_id = a.role_id AND v.is_admin
JOIN identity_membershipperiod p ON p.membership_id = a.membership_id AND p.state = 'active'
WHERE a.organization_id = %(organization)s AND a.all_sites
  AND a.valid_from <= %(at)s AND (a.valid_until IS NULL OR a.valid_until > %(at)s)
  AND p.valid_from <= %(at)s AND (p.valid_until IS NULL OR p.valid_until > %(at)s)
"""


def opened(giver: Membership, successor: Membership) -> Handover:
    made = commands.open_handover(actor=actor_of(giver), giver=giver, successor=successor)
    return Handover.objects.get(id=made.result.handover)


def joined(world: World, invitation: Invitation, link: str) -> Membership:
    """The newcomer who accepted, with a second factor."""
    done = invitations_accept.accept(
        actor=system(channel=Channel.WEB),
        invitation=invitation,
        link=link,
        accepted_by=Newcomer("Ida Ranta", hashed(), "en"),
    )
    newcomer = Membership.objects.select_related("user").get(id=done.result.membership)
    world.factor(newcomer.user)
    return newcomer


def roles(who: Membership) -> list[str]:
    rows = Assignment.objects.filter(membership=who, valid_until=None)
    return sorted(rows.values_list("role__key", flat=True))


def admins_at_every_instant(world: World, organization: Membership) -> set[int]:
    """Count the admins at every boundary of an interval since the world began, just before it and at it."""
    boundaries = set()
    for model in (Assignment, MembershipPeriod):
        for pair in model.objects.values_list("valid_from", "valid_until"):
            boundaries |= {one for one in pair if one}
    first = Assignment.objects.filter(membership=organization).order_by("valid_from").first()
    assert first is not None
    counts = set()
    with connection.cursor() as cursor:
        for at in sorted(boundaries):
            for instant in (at, at - dt.timedelta(microseconds=1)):
                if instant >= first.valid_from:
                    cursor.execute(ADMINS_AT, {"organization": organization.organization_id, "at": instant})
                    counts.add(cursor.fetchone()[0])
    return counts


@pytest.mark.parametrize("stay_as", ["", "viewer", "user_admin"])
def test_only_admin_hands_over_in_one_act(world: World, stay_as: str) -> None:
    tiina, stina = world.tiina, world.stina
    row = opened(tiina, stina)
    with pytest.raises(HandoverNotReady):
        commands.complete(actor=actor_of(tiina), handover=row, stay_as=stay_as)
    assert (roles(tiina), roles(stina)) == (["organization_admin"], ["viewer"])
    commands.accept(actor=actor_of(stina), handover=row)
    assert (roles(tiina), roles(stina)) == (["organization_admin"], ["viewer"]), (
        "an acceptance changes nothing"
    )
    done = commands.complete(actor=actor_of(tiina), handover=row, stay_as=stay_as)
    assert done.result.fate == ("stays" if stay_as else "leaves")
    assert roles(stina) == ["organization_admin", "viewer"], "the successor keeps what she had"
    assert roles(tiina) == ([stay_as] if stay_as else [])
    assert 0 not in admins_at_every_instant(world, tiina)
    working = admin_queries.working_admins(organization=world.pohjola.id, at=clock.now())
    assert list(working.values_list("id", flat=True)) == [stina.id]
    for again in (commands.complete, commands.close):
        with pytest.raises((HandoverOver, NotFound)):
            again(actor=actor_of(tiina), handover=row)
    row.refresh_from_db()
    assert (row.step, row.fate) == ("completed", done.result.fate)


def test_every_role_of_the_giver_has_a_holder_afterwards(world: World) -> None:
    address, approver = "ida@koskela.example", world.access("approver", sites=[world.oulu], amount=2000)
    first = world.invite(
        world.koskela, address, world.access("organization_admin"), actor=actor_of(world.aino)
    )
    second = world.invite(world.koskela, address, approver, actor=actor_of(world.sami))
    ida = joined(world, *first)
    invitation, link = second
    invitations_accept.accept(actor=actor_of(ida), invitation=invitation, link=link, accepted_by=ida.user)
    assert roles(ida) == ["approver", "organization_admin"]
    row = opened(ida, world.vilma)
    commands.accept(actor=actor_of(world.vilma), handover=row)
    commands.complete(actor=actor_of(ida), handover=row, stay_as="viewer")
    assert roles(world.vilma) == ["approver", "organization_admin", "viewer"]
    assert roles(ida) == ["viewer"]


def test_steps_out_of_order_and_by_others_change_nothing(world: World) -> None:
    row = opened(world.paivi, world.vilma)
    for who in (world.aino, world.ulla, world.mikko, world.tiina):
        for step in (commands.accept, commands.close, commands.complete):
            with pytest.raises(NotFound):
                step(actor=actor_of(who), handover=row)
    with pytest.raises(NotFound):
        commands.accept(actor=actor_of(world.paivi), handover=row)
    with pytest.raises(NotFound):
        commands.complete(actor=actor_of(world.vilma), handover=row)
    with pytest.raises(NotFound):
        commands.complete(actor=system(), handover=row)
    with pytest.raises(AlreadyExists):
        opened(world.paivi, world.mikko)
    commands.accept(actor=actor_of(world.vilma), handover=row)
    with pytest.raises(HandoverOver):
        commands.accept(actor=actor_of(world.vilma), handover=row)
    for wrong in ("organization_admin", "approver", "orderer", "nothing"):
        with pytest.raises(InvalidInput):
            commands.complete(actor=actor_of(world.paivi), handover=row, stay_as=wrong)
    commands.close(actor=actor_of(world.vilma), handover=row)
    for who in (world.paivi, world.vilma):
        with pytest.raises(HandoverOver):
            commands.close(actor=actor_of(who), handover=row)
    with pytest.raises(HandoverOver):
        commands.complete(actor=actor_of(world.paivi), handover=row)
    row.refresh_from_db()
    assert (row.step, roles(world.vilma)) == ("declined", ["viewer"])


def test_who_can_give_and_take(world: World) -> None:
    for giver in (world.ulla, world.sami, world.mikko):
        with pytest.raises(Denied):
            opened(giver, world.vilma)
    for successor in (world.aino, world.paivi, world.stina):
        with pytest.raises(InvalidInput):
            opened(world.paivi, successor)
    plain = world.member(world.koskela, "Ida Ranta", "viewer", factor=False)
    row = opened(world.paivi, plain)
    commands.accept(actor=actor_of(plain), handover=row)
    with pytest.raises(HandoverNotReady):
        commands.complete(actor=actor_of(world.paivi), handover=row)
    assert roles(plain) == ["viewer"]


def test_handover_ends_by_its_time_and_another_follows(world: World) -> None:
    row = opened(world.paivi, world.vilma)
    commands.accept(actor=actor_of(world.vilma), handover=row)
    assert len(queries.of_organization(organization=world.koskela.id, at=clock.now())) == 1
    move_clock(15 * DAY)
    with pytest.raises(HandoverOver):
        commands.complete(actor=actor_of(world.paivi), handover=row)
    assert queries.of_organization(organization=world.koskela.id, at=clock.now()) == []
    opened(world.paivi, world.mikko)
    row.refresh_from_db()
    assert (row.step, roles(world.vilma)) == ("replaced", ["viewer"])


def test_new_address_is_invited_with_the_lowest_tier_and_takes_over_after_joining(world: World) -> None:
    made = commands.open_for_address(
        actor=actor_of(world.tiina), giver=world.tiina, email="Uusi@pohjola.example", language="en"
    )
    row = Handover.objects.get(id=made.result.handover)
    assert row.invitation is not None
    invitation = row.invitation
    assert (invitation.email, invitation.role.key, row.successor) == ("uusi@pohjola.example", "viewer", None)
    with pytest.raises(HandoverNotReady):
        commands.complete(actor=actor_of(world.tiina), handover=row)
    newcomer = joined(world, invitation, made.result.link)
    row = Handover.objects.select_related("invitation__membership").get(id=row.id)
    commands.accept(actor=actor_of(newcomer), handover=row)
    commands.complete(actor=actor_of(world.tiina), handover=row)
    assert (roles(newcomer), roles(world.tiina)) == (["organization_admin", "viewer"], [])


def test_giver_who_was_removed_completes_nothing(world: World) -> None:
    row = opened(world.paivi, world.vilma)
    commands.accept(actor=actor_of(world.vilma), handover=row)
    world.remove(world.paivi)
    with pytest.raises(NotFound):
        commands.complete(actor=actor_of(world.paivi), handover=row)
    assert roles(world.vilma) == ["viewer"]
    other = opened(world.aino, world.mikko)
    access = AccessSpec("viewer", all_sites=True)
    access_commands.change(actor=actor_of(world.aino), memberships=[world.ulla], access=access)
    commands.accept(actor=actor_of(world.mikko), handover=other)
    world.remove(world.mikko)
    with pytest.raises(HandoverNotReady):
        commands.complete(actor=actor_of(world.aino), handover=other)


def test_database_keeps_the_order_of_the_steps(world: World) -> None:
    row = opened(world.paivi, world.vilma)
    rows, at = Handover.objects.filter(id=row.id), clock.now()
    closed = {"closed_by": world.paivi.user_id, "closed_at": at}
    wrong: list[dict[str, Any]] = [
        {"step": "completed", "fate": "leaves", "accepted_at": at, **closed},
        {"step": "accepted"},
        {"step": "cancelled"},
        {"step": "cancelled", "fate": "leaves", **closed},
        {"successor": world.mikko},
        {"giver": world.aino},
        {"ends_at": at + dt.timedelta(days=90)},
    ]
    with bypassing_commands():
        for change in wrong:
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError, match="event"), transaction.atomic():
        rows.update(step="cancelled", **closed)
    assert rows.get().step == "open"
