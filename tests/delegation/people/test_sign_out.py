"""Signing out of one browser or everywhere, only for oneself."""

import datetime as dt

import pytest

from audit.foundation import clock
from audit.models import Event
from audit.verification import verifier
from delegation.authorization import errors as authorization_errors
from delegation.people.commands import self_service
from identity.memberships.models import Membership
from identity.people.models import User
from identity.sessions.models import Session, SignIn
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(membership: Membership, key: str) -> None:
    """A browser in which a service of this organization is in use."""
    now, user = clock.now(), User.objects.get(id=membership.user_id)
    if not Session.objects.filter(session_key=key).exists():
        Session.objects.create(
            session_key=key,
            session_data="",
            expire_date=now + dt.timedelta(hours=1),
            user=user,
            directory=user.directory,
            epoch=user.epoch,
            created_at=now,
            last_seen_at=now,
        )
    SignIn.objects.create(
        session_key=key,
        user=user,
        membership=membership,
        user_epoch=user.epoch,
        membership_epoch=membership.epoch,
        auth_time=now,
        started_at=now,
        last_seen_at=now,
    )


def test_sign_out_of_one_browser_leaves_the_other(world: World) -> None:
    signed_in(world.mikko, "one")
    signed_in(world.mikko_at_pohjola, "one")
    signed_in(world.mikko, "two")

    done = self_service.sign_out(actor=actor_of(world.mikko), person=world.mikko.user, session="one")

    assert done.result == self_service.SignedOut(sessions=1, sign_ins=2, token_families=0)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["two"]
    assert list(SignIn.objects.filter(ended_at=None).values_list("session_key", flat=True)) == ["two"]
    assert set(SignIn.objects.filter(session_key="one").values_list("ended_at", flat=True)) == {done.at}


def test_sign_out_everywhere_ends_everything_with_an_event_in_the_own_chain(world: World) -> None:
    signed_in(world.mikko, "one")
    signed_in(world.mikko, "two")

    done = self_service.sign_out(actor=actor_of(world.mikko), person=world.mikko.user)

    assert done.result.sessions == 2
    assert not Session.objects.exists()
    event = Event.objects.get(verb="person.sign_out")
    assert (event.chain, event.seq, event.organization) == (world.mikko.user_id, 1, None)
    assert verifier.verify().findings == []


def test_sign_out_of_another_person_is_not_found(world: World) -> None:
    signed_in(world.mikko, "one")
    with pytest.raises(authorization_errors.NotFound):
        self_service.sign_out(actor=actor_of(world.aino), person=world.mikko.user)
    assert Session.objects.count() == 1


def test_session_of_another_person_stays(world: World) -> None:
    signed_in(world.mikko, "one")
    done = self_service.sign_out(actor=actor_of(world.vilma), person=world.vilma.user, session="one")
    assert done.result.sessions == 0
    assert Session.objects.count() == 1
