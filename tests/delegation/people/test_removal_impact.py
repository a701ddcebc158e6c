"""What a removal ends is counted before it: a case for each condition of an invitation and a session."""

import datetime as dt
from collections.abc import Callable

import pytest

from audit.foundation import clock
from delegation.authorization.errors import InvalidInput
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
    return removal_impact(leavers=details, at=at)


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
    assert impact(world, world.sami).invitations == expected
    assert impact(world, world.olli).invitations == 0


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
    assert impact(world, world.paivi).service_users == ["ERP", "HR"]
    assert impact(world, world.olli).service_users == []


def test_programs_of_a_leaver_do_not_keep_others_from_having_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_users_rules, "MAX_IN_FORCE", 1)
    service_users.create(world.paivi)
    with pytest.raises(InvalidInput):
        service_users.create(world.aino)
    world.remove(world.paivi)
    service_users.create(world.aino)
