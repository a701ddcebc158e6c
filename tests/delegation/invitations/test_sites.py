"""No answer to an invitation names a member or an invitation of sites that the sender does not see."""

import pytest

from audit.foundation import clock
from audit.foundation.actor import Actor, ActorKind, Channel
from audit.models import Event
from delegation.access import queries as access_queries
from delegation.authorization.errors import AlreadyInvited, AlreadyMember
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation
from identity.memberships.models import Membership
from identity.people.models import User
from tests.fixtures import events
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "nelli@koskela.example"


def invite(world: World, sender: Membership, email: str) -> tuple[Invitation, str]:
    """Invite to look at Oulu, as this admin."""
    return world.invite(
        world.koskela, email, world.access("viewer", sites=[world.oulu]), actor=actor_of(sender)
    )


def accept(case: tuple[Invitation, str], user: User) -> invitations_accept.InvitationAccepted:
    invitation, link = case
    return invitations_accept.accept(
        actor=actor_of(user), invitation=invitation, link=link, accepted_by=user
    ).result


def access_of(member: Membership) -> list[tuple[str, list[str]]]:
    """Give each role of the member with its sites."""
    rows = access_queries.assignments(memberships=[member.id], at=clock.now())[member.id]
    return sorted((row.role, [site.name for site in row.sites]) for row in rows)


def test_invitation_to_a_member_of_another_site_is_sent_and_adds_to_the_member_s_access(world: World) -> None:
    """Sami sees Oulu alone. Mikko of Tampere keeps the access there and gets the one at Oulu besides."""
    done = accept(invite(world, world.sami, world.mikko.user.email), world.mikko.user)
    assert (done.membership, done.joined) == (world.mikko.id, False)
    assert access_of(world.mikko) == [("orderer", ["Tampere"]), ("viewer", ["Oulu"])]
    assert world.mikko.periods.count() == 1
    (event,) = Event.objects.filter(verb="invitation.accept", subject=world.mikko.id).order_by("-at")[:1]
    body = events.body(event)
    assert [one["role"] for one in body["before"]["access"]] == ["orderer"]
    assert [one["role"] for one in body["after"]["access"]] == ["orderer", "viewer"]


def test_invitation_to_a_visible_member_is_refused(world: World) -> None:
    for sender, email in ((world.sami, world.olli.user.email), (world.aino, world.mikko.user.email)):
        with pytest.raises(AlreadyMember):
            invite(world, sender, email)


def test_invitation_to_an_address_invited_for_another_site_is_sent(world: World) -> None:
    first = world.invite(
        world.koskela, NEW, world.access("viewer", sites=[world.tampere]), actor=actor_of(world.aino)
    )
    second = invite(world, world.sami, NEW)
    with pytest.raises(AlreadyInvited):
        invite(world, world.sami, NEW)
    newcomer = invitations_accept.Newcomer(name="Nelli Uusi", password="!", language="en")
    invitation, link = second
    invitations_accept.accept(
        actor=Actor(kind=ActorKind.SYSTEM, id=invitation.id, channel=Channel.WEB),
        invitation=invitation,
        link=link,
        accepted_by=newcomer,
    )
    user = User.objects.get(email=NEW)
    assert accept(first, user).joined is False
    member = Membership.objects.get(organization=world.koskela, user=user)
    assert access_of(member) == [("viewer", ["Oulu"]), ("viewer", ["Tampere"])]


def test_admin_with_an_own_invitation_to_the_address_resends_no_other(world: World) -> None:
    hidden, _ = invite(world, world.sami, NEW)
    with pytest.raises(AlreadyInvited):
        world.invite(world.koskela, NEW, world.access("viewer"), actor=actor_of(world.aino))
    tampere = world.access("viewer", sites=[world.tampere])
    site_admin = world.member(world.koskela, "Taina Tampere", "site_admin", sites=[world.tampere])
    world.invite(world.koskela, NEW, tampere, actor=actor_of(site_admin))
    move_clock(61)
    invitations_send.resend(actor=actor_of(world.aino), invitation=hidden)
    of_site_admin = Invitation.objects.get(invited_by=site_admin.user_id, email=NEW)
    with pytest.raises(AlreadyInvited):
        invitations_send.resend(actor=actor_of(world.aino), invitation=of_site_admin)
