"""The impact of a removal: what ends, and what the leaver alone has, with candidates."""

import datetime as dt
from collections.abc import Callable

import pytest

from audit.foundation import clock
from delegation.authorization.errors import InvalidInput
from delegation.impacts import ImpactKind
from delegation.invitations.models import Invitation
from delegation.people import leavers, queries
from delegation.people.removal_impact import RemovalImpact, removal_impact
from delegation.service_users import commands as service_users_commands
from delegation.service_users import queries as service_users_queries
from delegation.service_users import rules as service_users_rules
from identity.memberships.models import Membership
from tests.fixtures import service_users
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def impact(world: World, *members: Membership) -> RemovalImpact:
    at = clock.now()
    details = [
        queries.get(actor=actor_of(world.aino), organization=world.koskela.id, membership=member.id, at=at)
        for member in members
    ]
    return removal_impact(actor=actor_of(world.aino), leavers=details, at=at)


def invitations_in(found: RemovalImpact) -> int:
    return sum(one.number for one in found.endings if one.kind is ImpactKind.SENT_INVITATIONS)


def service_users_in(found: RemovalImpact) -> list[str]:
    return [one.name for one in found.decisions if one.kind is ImpactKind.SERVICE_USER]


def accepted(invitation: Invitation) -> None:
    Invitation.objects.filter(id=invitation.id).update(accepted_at=clock.now())


def cancelled(invitation: Invitation) -> None:
    Invitation.objects.filter(id=invitation.id).update(cancelled_at=clock.now())


def is_open(invitation: Invitation) -> None:
    pass


@pytest.mark.parametrize(("state", "expected"), [(is_open, 1), (accepted, 0), (cancelled, 0)])
def test_only_an_open_invitation_of_the_leaver_counts(
    world: World, state: Callable[[Invitation], None], expected: int
) -> None:
    viewer = world.access("viewer", sites=[world.oulu])
    invitation, _ = world.invite(world.koskela, "n@koskela.example", viewer, actor=actor_of(world.sami))
    with bypassing_commands():
        state(invitation)
    assert invitations_in(impact(world, world.sami)) == expected
    assert invitations_in(impact(world, world.olli)) == 0


def test_session_of_a_person_without_another_membership_counts(world: World) -> None:
    assert impact(world, world.olli).sessions == 0
    for member in (world.olli, world.mikko):
        BrowserClient().sign_in(member.user)
    assert impact(world, world.olli).sessions == 1
    assert impact(world, world.mikko).sessions == 0
    assert impact(world, world.olli, world.mikko).sessions == 1


def test_actor_alone_is_notified_of_a_removal_and_working_admins_where_the_actor_left(world: World) -> None:
    def recipients(actor: Membership) -> set[str]:
        found = leavers.recipients(
            organization=world.koskela.id, actor=actor.user_id, at=clock.now() + dt.timedelta(seconds=1)
        )
        return {person.name for person in found}

    admins = {world.aino.user.name, world.paivi.user.name}
    assert recipients(world.ulla) == {world.ulla.user.name}
    assert recipients(world.tiina) == admins
    world.remove(world.ulla)
    assert recipients(world.ulla) == admins


def test_service_users_in_force_of_the_leaver_are_named(world: World) -> None:
    made = [service_users.create(world.paivi, name=name) for name in ("HR", "ERP", "Old")]
    service_users.create(world.aino, name="Other")
    row = service_users_queries.for_command(service_user=made[2].service_user)
    service_users_commands.end(actor=actor_of(world.aino), service_user=row)
    assert service_users_in(impact(world, world.paivi)) == ["ERP", "HR"]
    assert service_users_in(impact(world, world.olli)) == []


def test_programs_of_a_leaver_do_not_keep_others_from_having_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_users_rules, "MAX_IN_FORCE", 1)
    service_users.create(world.paivi)
    with pytest.raises(InvalidInput):
        service_users.create(world.aino)
    world.remove(world.paivi)
    service_users.create(world.aino)


def test_what_the_leaver_alone_can_do_at_a_site_needs_a_decision_with_candidates(world: World) -> None:
    def decisions(member: Membership) -> list[tuple[object, ...]]:
        return [
            (
                one.kind,
                one.role,
                list(one.sites.values()),
                one.amount,
                [(c.name, c.reason) for c in one.candidates],
            )
            for one in impact(world, member).decisions
        ]

    # No one else orders for Tampere; Olli has the same at Oulu.
    sole = (ImpactKind.SOLE_HOLDER, "orderer", ["Tampere"], 5000, [("Olli Mäkinen", "elsewhere")])
    assert decisions(world.mikko) == [sole]
    manager = (ImpactKind.SOLE_MANAGER, "site_admin", ["Oulu"], None, [("Olli Mäkinen", "at_site")])
    assert decisions(world.sami) == [manager]
    assert decisions(world.vilma) == []
    world.change(world.olli, world.access("approver", sites=[world.oulu, world.tampere], amount=800))
    world.change(world.vilma, world.access("approver", sites=[world.tampere], amount=500))
    # One orders for Tampere still; above 500 € an order no one else approves there.
    assert decisions(world.mikko) == []
    approvals = decisions(world.olli)
    assert (ImpactKind.SOLE_HOLDER, "approver", ["Oulu", "Tampere"], 800) in [row[:4] for row in approvals]
    assert approvals[-1][4] == [("Vilma Salo", "elsewhere"), ("Sami Lehto", "at_site")]


def test_a_colleague_who_leaves_too_or_for_a_time_is_no_replacement(world: World) -> None:
    soon = clock.now() + dt.timedelta(days=9)
    world.change(world.olli, world.access("orderer", sites=[world.tampere], until=soon))
    assert [one.kind for one in impact(world, world.mikko).decisions] == [ImpactKind.SOLE_HOLDER]
    world.change(world.olli, world.access("orderer", sites=[world.tampere]))
    assert impact(world, world.mikko).decisions == []
    assert [one.kind for one in impact(world, world.mikko, world.olli).decisions] == [ImpactKind.SOLE_HOLDER]


def test_a_candidate_is_one_whose_access_the_reader_may_change(world: World) -> None:
    at = clock.now()
    member = queries.get(
        actor=actor_of(world.sami), organization=world.koskela.id, membership=world.olli.id, at=at
    )
    (sole,) = removal_impact(actor=actor_of(world.sami), leavers=[member], at=at).decisions
    assert (list(sole.sites.values()), sole.candidates) == (["Oulu"], [])
    member = queries.get(
        actor=actor_of(world.aino), organization=world.koskela.id, membership=world.olli.id, at=at
    )
    (sole,) = removal_impact(actor=actor_of(world.aino), leavers=[member], at=at).decisions
    assert "Mikko Laine" in [candidate.name for candidate in sole.candidates]
