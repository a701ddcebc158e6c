"""The invitations that an actor may see: those that the actor could have sent, for a verb that the actor holds."""

from collections.abc import Set as AbstractSet

import pytest

from audit.foundation import clock
from audit.foundation.actor import Actor
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.verbs import Verb
from delegation.invitations import scope
from delegation.invitations.models import Invitation
from tests.fixtures.grant_conditions import changed
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def emails(world: World, actor: Actor, verb: Verb) -> AbstractSet[str]:
    """The addresses of the open invitations of Koskela that this actor may do `verb` to."""
    rows = scope.pending(actor=actor, verb=verb, at=clock.now(), organization=world.koskela.id)
    return set(rows.values_list("email", flat=True))


def test_invitations_without_the_verb_are_hidden_from_a_tier_that_may_assign_their_role(
    world: World,
) -> None:
    paivi = actor_of(world.paivi)
    world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    version = RoleVersion.objects.filter(role__key="organization_admin")
    held = version.values_list("verbs", flat=True).get()
    with changed(version, verbs=[verb for verb in held if verb != Verb.INVITATION_RESEND.value]):
        assert emails(world, paivi, Verb.INVITATION_RESEND) == set()
        assert emails(world, paivi, Verb.INVITATION_CANCEL) == {"n@koskela.example"}
    assert emails(world, paivi, Verb.INVITATION_RESEND) == {"n@koskela.example"}


def test_invitations_outside_the_sites_or_tiers_of_an_admin_are_hidden(world: World) -> None:
    """Sami administers Oulu and assigns viewers, orderers and approvers there."""
    for email, role, sites in (
        ("oulu@koskela.example", "viewer", [world.oulu]),
        ("both@koskela.example", "viewer", [world.oulu, world.tampere]),
        ("everywhere@koskela.example", "viewer", None),
        ("sites@koskela.example", "site_admin", [world.oulu]),
    ):
        world.invite(world.koskela, email, world.access(role, sites=sites))
    world.invite(world.pohjola, "rovaniemi@pohjola.example", world.access("viewer"))
    for verb in (Verb.INVITATION_RESEND, Verb.INVITATION_CANCEL):
        assert emails(world, actor_of(world.sami), verb) == {"oulu@koskela.example"}
        assert emails(world, actor_of(world.vilma), verb) == set()
        assert emails(world, actor_of(world.tiina), verb) == set()


@pytest.mark.parametrize("column", ["accepted_at", "cancelled_at"])
def test_closed_invitation_is_visible_but_not_pending(world: World, column: str) -> None:
    invitation, _ = world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    aino, at = actor_of(world.aino), clock.now()
    with changed(Invitation.objects.filter(id=invitation.id), **{column: at}):
        assert emails(world, aino, Verb.INVITATION_CANCEL) == set()
        seen = scope.visible(actor=aino, verb=Verb.INVITATION_CANCEL, at=at, organization=world.koskela.id)
        assert invitation in seen
