"""The literal number of statements of each act; it is the same for one member and for three hundred."""

import functools
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.models import Event
from delegation.access import commands as access_commands
from delegation.authorization import entitlements
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.values import AccessSpec
from delegation.catalogue import commands as catalogue_commands
from delegation.catalogue import propagation
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership, MembershipPeriod
from identity.people.models import User
from tests.fixtures.world import CATALOGUE, World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def statements(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as seen:
        call()
    return len(seen)


def crowd(world: World, count: int) -> list[Membership]:
    """Viewers of Koskela, inserted without commands: inviting three hundred takes long."""
    at = clock.now()
    role = Assignment.objects.get(membership=world.vilma).role
    users = [
        User(
            email=f"v{n}@koskela.example",
            name=f"Viewer {n}",
            sort_key=f"viewer {n}",
            password="!",
            created_at=at,
        )
        for n in range(count)
    ]
    rows = [
        Membership(organization=world.koskela, user=user, sort_key=user.sort_key, created_at=at)
        for user in users
    ]
    with bypassing_commands():
        User.all_directories.bulk_create(users)
        Membership.objects.bulk_create(rows)
        MembershipPeriod.objects.bulk_create(
            MembershipPeriod(membership=row, state="active", valid_from=at) for row in rows
        )
        Assignment.objects.bulk_create(
            Assignment(
                membership=row, role=role, all_sites=True, valid_from=at, assigned_by=world.aino.user_id,
                assigned_by_kind="person", act=row.id,
            )
            for row in rows
        )  # fmt: skip
    return rows


SIZES = (1, 3, 300)
# Locks, both authorizations, the rules, the writes, and four for the event; BEGIN and COMMIT are counted. A removal
# closes questions to the leavers as admins, and an acceptance goes on with the case that the invitation belongs to.
REMOVE, CHANGE, RESTORE, INVITE, ACCEPT, REFUSE = 27, 32, 30, 29, 32, 10
APPLY, PROPAGATE = 22, 10
"""Nine of them before the act: the catalogue and the people are read and counted without the lock."""


@pytest.mark.parametrize("size", SIZES)
def test_removal_takes_a_constant_number_of_statements(world: World, size: int) -> None:
    some = crowd(world, size)
    assert (
        statements(
            lambda: people_commands.remove(actor=actor_of(world.aino), memberships=some, reason="closed")
        )
        == REMOVE
    )


@pytest.mark.parametrize("size", SIZES)
def test_change_takes_a_constant_number_of_statements(world: World, size: int) -> None:
    some, requested = (
        crowd(world, size),
        world.access("orderer", sites=[world.oulu, world.tampere], amount=10),
    )
    aino = actor_of(world.aino)
    assert (
        statements(
            lambda: access_commands.change(actor=aino, memberships=some, access=requested, reason="grew")
        )
        == CHANGE
    )


@pytest.mark.parametrize("size", SIZES)
def test_restoring_takes_a_constant_number_of_statements(world: World, size: int) -> None:
    some, requested = (
        crowd(world, size),
        world.access("orderer", sites=[world.oulu, world.tampere], amount=10),
    )
    aino = actor_of(world.aino)
    people_commands.remove(actor=aino, memberships=some)
    assert (
        statements(lambda: people_commands.restore(actor=aino, memberships=some, access=requested)) == RESTORE
    )


def test_invitation_and_acceptance_take_the_listed_number_of_statements(world: World) -> None:
    aino, requested = (
        actor_of(world.aino),
        AccessSpec(role="viewer", sites=frozenset({world.oulu.id, world.tampere.id})),
    )

    def invite() -> None:
        made = invitations_send.invite(
            actor=aino, organization=world.koskela, email="n@koskela.example", access=requested, name="New"
        )
        sent.append(made.result)

    sent: list[invitations_send.InvitationSent] = []
    assert statements(invite) == INVITE
    invitation = world.invitation(sent[0].invitation)
    newcomer = invitations_accept.Newcomer("New Colleague", "!", "en")
    assert (
        statements(
            lambda: invitations_accept.accept(
                actor=world.system, invitation=invitation, link=sent[0].link, accepted_by=newcomer
            )
        )
        == ACCEPT
    )


def test_catalogue_propagation_takes_a_constant_number_of_statements(world: World) -> None:
    """One batch of one or two organizations: one has a site admin, both have viewers."""
    seen = []
    for key in ("site_admin", "viewer"):
        roles = [
            replace(role, max_assignment_days=5) if role.key == key else role for role in CATALOGUE.roles
        ]
        changed = replace(CATALOGUE, roles=roles)
        catalogue_commands.apply(actor=world.system, catalogue=CATALOGUE)
        propagation.propagate_all()
        applying = statements(
            functools.partial(catalogue_commands.apply, actor=world.system, catalogue=changed)
        )
        seen.append((applying, statements(propagation.propagate_next)))
    assert Event.objects.filter(verb="catalogue.propagate").count() == 1 + 1 + 2
    assert seen == [(APPLY + 1, PROPAGATE), (APPLY, PROPAGATE)], "the first takes something from a site admin"


def test_refusal_takes_the_listed_number_of_statements(world: World) -> None:
    """The refusal comes before any lock; the other statements record it."""

    def refuse() -> None:
        with pytest.raises(Exception, match="denied"):
            people_commands.remove(actor=actor_of(world.ulla), memberships=[world.aino])

    assert statements(refuse) == REFUSE


@pytest.mark.parametrize("size", SIZES)
def test_rights_of_any_number_of_members_take_one_statement(world: World, size: int) -> None:
    some = [row.id for row in crowd(world, size)]
    at = clock.now()
    assert statements(lambda: entitlements.rights_of(memberships=some, at=at)) == 1
    assert statements(lambda: entitlements.next_change(memberships=some, at=at)) == 1
    assert all(entitlements.rights_of(memberships=some, at=at).values())
