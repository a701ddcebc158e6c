"""Removing a member."""

import pytest
from allauth.account.models import EmailAddress

from audit.foundation import clock
from audit.models import Event
from audit.verification import verifier
from delegation.authorization import entitlements
from delegation.authorization import errors as authorization_errors
from delegation.authorization.verbs import Verb
from delegation.invitations.commands import accept as invitations_accept
from delegation.people.commands import members as people_commands
from identity.memberships import queries as memberships_queries
from identity.people.models import User
from tests.fixtures import state_check
from tests.fixtures.events import body, recorded
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def test_removed_member_has_no_access_here_and_keeps_another_organization(world: World) -> None:
    before = entitlements.rights_of(memberships=[world.mikko.id], at=clock.now())
    assert {right.entitlement for right in before[world.mikko.id]} >= {"ordering:orders.place"}

    world.remove(world.mikko)

    now = clock.now()
    assert entitlements.rights_of(memberships=[world.mikko.id], at=now) == {world.mikko.id: []}
    assert entitlements.rights_of(memberships=[world.mikko_at_pohjola.id], at=now)[world.mikko_at_pohjola.id]
    active = set(
        memberships_queries.active(at=now).filter(user=world.mikko.user).values_list("id", flat=True)
    )
    assert active == {world.mikko_at_pohjola.id}


def test_log_verifies_after_a_removal(world: World) -> None:
    world.remove(world.mikko)
    report = verifier.verify()
    assert report.findings == []
    assert Event.objects.filter(verb="member.remove", outcome="done").count() == 1


def test_removal_by_a_stranger_is_not_found(world: World) -> None:
    with pytest.raises(authorization_errors.NotFound):
        people_commands.remove(actor=actor_of(world.tiina), memberships=[world.vilma])


def test_removal_of_the_only_admin_is_refused(world: World) -> None:
    second = world.member(world.pohjola, "Toinen Admin", "organization_admin", factor=False)
    with pytest.raises(authorization_errors.LastAdmin):
        people_commands.remove(actor=actor_of(second), memberships=[world.tiina])


def test_repeated_removal_under_one_key_gets_the_same_outcome(world: World) -> None:
    first = people_commands.remove(
        actor=actor_of(world.aino), memberships=[world.mikko], idempotency_key="k-1"
    )
    second = people_commands.remove(
        actor=actor_of(world.aino), memberships=[world.mikko], idempotency_key="k-1"
    )
    assert (second.act, second.replayed) == (first.act, True)
    with pytest.raises(authorization_errors.IdempotencyKeyReused):
        people_commands.remove(actor=actor_of(world.aino), memberships=[world.vilma], idempotency_key="k-1")


def test_removed_person_does_not_join_again_by_an_older_invitation(world: World) -> None:
    user, oulu = world.mikko.user, world.access("orderer", sites=[world.oulu], amount=500)
    invitation, link = world.invite(world.koskela, user.email, oulu, actor=actor_of(world.sami))
    world.remove(world.mikko)
    with pytest.raises(authorization_errors.InvitationGone) as refusal:
        invitations_accept.accept(
            actor=actor_of(user),
            invitation=invitation,
            link=link,
            accepted_by=type(user).objects.get(id=user.id),
        )
    assert refusal.value.data["state"] == "cancelled"
    assert not memberships_queries.active(at=clock.now()).filter(id=world.mikko.id).exists()
    (event,) = recorded(Verb.INVITATION_CANCEL)
    assert (event.subject, event.actor, body(event)["cause"]) == (
        invitation.id,
        world.aino.user_id,
        "member.remove",
    )
    assert body(event)["facts"] == {"to_leaver": True}
    assert state_check.differences() == []


def test_removal_cancels_open_invitations_from_and_to_the_leaver_and_no_others(world: World) -> None:
    sami, viewer = actor_of(world.sami), world.access("viewer", sites=[world.oulu])
    further = {"sami@home.example": True, "sami@unproven.example": False}
    with bypassing_commands():
        EmailAddress.objects.filter(user=world.sami.user).update(verified=False)
        User.objects.filter(id=world.sami.user_id).update(email="sami.before@koskela.example")
    sent, _ = world.invite(world.koskela, "n@koskela.example", viewer, actor=sami)
    received = [
        world.invite(world.koskela, email, viewer)[0]
        for email in (world.sami.user.email, *further, "m@k.example")
    ]
    with bypassing_commands():
        User.objects.filter(id=world.sami.user_id).update(email=world.sami.user.email)
        for email, verified in further.items():
            EmailAddress.objects.create(user=world.sami.user, email=email, verified=verified)
    elsewhere, _ = world.invite(world.pohjola, world.sami.user.email, world.access("viewer"))
    world.remove(world.sami)
    is_cancelled = [world.invitation(row.id).cancelled_at is not None for row in (sent, *received, elsewhere)]
    assert is_cancelled == [True, True, True, False, False, False]
    facts = {event.subject: body(event)["facts"] for event in recorded(Verb.INVITATION_CANCEL)}
    assert facts == {sent.id: {}, received[0].id: {"to_leaver": True}, received[1].id: {"to_leaver": True}}
