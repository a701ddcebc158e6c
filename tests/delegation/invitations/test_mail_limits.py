"""Limits on invitation mails: per minute, per address and per organization."""

import datetime as dt
from collections.abc import Callable, Iterable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from delegation.authorization import errors as authorization_errors
from delegation.authorization.verbs import Verb
from delegation.invitations import mail_limits
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation, InvitationToken
from tests.fixtures.events import body, recorded
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE, HOUR, DAY = 60, 3600, 86_400
ONE_MINUTE = dt.timedelta(minutes=1)


def refused(call: Callable[[], object]) -> dict[str, object]:
    links = InvitationToken.objects.count()
    with pytest.raises(authorization_errors.RateLimited) as refusal:
        call()
    assert InvitationToken.objects.count() == links
    return refusal.value.data


def test_resend_within_a_minute_is_refused(world: World) -> None:
    aino = actor_of(world.aino)
    invitation, _ = world.invite(world.koskela, "n@koskela.example", world.access("viewer"), actor=aino)
    data = refused(lambda: invitations_send.resend(actor=aino, invitation=invitation))
    assert data["what"] == "invitation"
    assert 50 < int(str(data["seconds"])) <= MINUTE
    move_clock(MINUTE)
    invitations_send.resend(actor=aino, invitation=invitation)
    assert refused(lambda: invitations_send.resend(actor=aino, invitation=invitation))["what"] == "invitation"


def test_sixth_mail_of_a_sender_to_an_address_in_a_day_is_refused(world: World) -> None:
    aino, paivi, viewer = actor_of(world.aino), actor_of(world.paivi), world.access("viewer")
    for hours in range(2):
        move_clock(hours * HOUR)
        invitation, _ = world.invite(world.koskela, "n@koskela.example", viewer, actor=aino)
        invitations_send.cancel(actor=aino, invitations=[invitation])
    invitation, _ = world.invite(world.koskela, "n@koskela.example", viewer, actor=paivi)
    for hours in (2, 3):
        move_clock(hours * HOUR)
        invitations_send.resend(actor=paivi, invitation=invitation)
    move_clock(4 * HOUR)
    data = refused(lambda: invitations_send.resend(actor=aino, invitation=invitation))
    assert (data["what"], data["most"]) == ("address", 5)
    assert 19 * HOUR < int(str(data["seconds"])) <= 20 * HOUR
    invitations_send.cancel(actor=aino, invitations=[invitation])
    world.invite(world.koskela, "m@koskela.example", viewer, actor=aino)
    world.invite(world.pohjola, "n@koskela.example", viewer)
    move_clock(DAY + MINUTE)
    again, _ = world.invite(world.koskela, "n@koskela.example", viewer, actor=aino)
    assert refused(lambda: invitations_send.resend(actor=aino, invitation=again))["what"] == "invitation"


def test_sender_at_the_limit_does_not_stop_another_sender(world: World) -> None:
    aino, paivi, viewer = actor_of(world.aino), actor_of(world.paivi), world.access("viewer")
    for _ in range(5):
        made, _link = world.invite(world.koskela, "n@koskela.example", viewer, actor=aino)
        invitations_send.cancel(actor=aino, invitations=[made])
    data = refused(lambda: world.invite(world.koskela, "n@koskela.example", viewer, actor=aino))
    assert (data["what"], data["most"]) == ("address", 5)
    made, _link = world.invite(world.koskela, "n@koskela.example", viewer, actor=paivi)
    invitations_send.cancel(actor=paivi, invitations=[made])
    world.invite(world.koskela, "n@koskela.example", viewer, actor=world.system)


def test_mails_of_all_senders_to_an_address_are_limited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_limits, "DAILY_PER_ADDRESS", 2)
    for who in (world.aino, world.paivi):
        made, _link = world.invite(
            world.koskela, "n@koskela.example", world.access("viewer"), actor=actor_of(who)
        )
        invitations_send.cancel(actor=actor_of(who), invitations=[made])
    data = refused(
        lambda: world.invite(
            world.koskela, "n@koskela.example", world.access("viewer"), actor=actor_of(world.aino)
        )
    )
    assert (data["what"], data["most"]) == ("address", 2)


def test_mails_of_an_organization_are_limited_by_its_size(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more mail for each member: seven here; accepted invitations count too."""
    here = InvitationToken.objects.filter(invitation__organization=world.koskela).count()
    monkeypatch.setattr(mail_limits, "DAILY_PER_ORGANIZATION", here - 5)
    viewer, aino = world.access("viewer"), actor_of(world.aino)
    for number in range(2):
        world.invite(world.koskela, f"n{number}@koskela.example", viewer, actor=aino)
    data = refused(lambda: world.invite(world.koskela, "n9@koskela.example", viewer, actor=aino))
    assert (data["what"], data["most"]) == ("organization", here + 2)
    world.invite(world.pohjola, "n9@koskela.example", viewer, actor=actor_of(world.tiina))
    move_clock(int(str(data["seconds"])))
    world.invite(world.koskela, "n9@koskela.example", viewer, actor=aino)


@pytest.mark.parametrize("already", [1, 300])
def test_mail_limit_takes_one_statement(world: World, already: int) -> None:
    invitation, _ = world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    at = clock.now()
    with bypassing_commands():
        InvitationToken.objects.bulk_create(
            InvitationToken(hash=f"h{number}", invitation=invitation, created_at=at)
            for number in range(already)
        )
    with CaptureQueriesContext(connection) as seen:
        mail_limits.check_mail_limit(
            actor=actor_of(world.aino), organization=world.koskela.id, email="m@koskela.example", at=at
        )
    assert len(seen) == 1


def test_expired_invitation_is_cancelled_by_a_new_one_with_an_event(world: World) -> None:
    aino, viewer = actor_of(world.aino), world.access("viewer")
    first, _ = world.invite(world.koskela, "n@koskela.example", viewer, actor=aino)
    move_clock(7 * DAY + 1)
    second, _ = world.invite(world.koskela, "n@koskela.example", viewer, actor=aino)
    assert Invitation.objects.get(id=first.id).cancelled_at == second.created_at
    (event,) = recorded(Verb.INVITATION_CANCEL)
    assert (event.subject, event.actor, body(event)["cause"]) == (first.id, aino.id, "member.invite")
    assert body(event)["facts"] == {"expired_at": first.expires_at.isoformat()}


def sent_before(invitation: Invitation, at: dt.datetime, minutes: Iterable[int]) -> None:
    """Mails of this invitation, so many minutes before `at`; rows in an order that no query may rely on."""
    with bypassing_commands():
        InvitationToken.objects.filter(invitation=invitation).delete()
        InvitationToken.objects.bulk_create(
            InvitationToken(
                hash=f"{invitation.id} {minute}", invitation=invitation, created_at=at - minute * ONE_MINUTE
            )
            for minute in sorted(minutes, key=lambda minute: minute % 7)
        )


def check(world: World, email: str, at: dt.datetime, resend_of: Invitation | None = None) -> None:
    mail_limits.check_mail_limit(
        actor=actor_of(world.aino),
        organization=world.koskela.id,
        email=email,
        at=at,
        resend_of=resend_of,
    )


@pytest.mark.parametrize(("sender", "most"), [("aino", 5), ("paivi", 15)])
def test_address_at_its_limit_waits_for_the_oldest_counted_mail(world: World, sender: str, most: int) -> None:
    """Five mails of one sender, fifteen of a whole organization; a mail that is a day old does not count."""
    invitation, _ = world.invite(
        world.koskela, "n@koskela.example", world.access("viewer"), actor=actor_of(getattr(world, sender))
    )
    at = clock.now()
    sent_before(invitation, at, [*range(10, 10 * most, 10), 24 * 60])
    check(world, "n@koskela.example", at)
    sent_before(invitation, at, range(10, 10 * most + 10, 10))
    check(world, "m@koskela.example", at)
    data = refused(lambda: check(world, "n@koskela.example", at))
    assert data == {"what": "address", "most": most, "seconds": DAY - 10 * most * MINUTE}


def test_resend_waits_for_a_minute_after_the_newest_mail(world: World) -> None:
    invitation, _ = world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    at = clock.now()
    sent_before(invitation, at, [1, 2, 3])
    check(world, "n@koskela.example", at, invitation)
    sent_before(invitation, at + dt.timedelta(seconds=45), [1, 2, 3])
    data = refused(lambda: check(world, "n@koskela.example", at, invitation))
    assert data == {"what": "invitation", "most": 1, "seconds": 45}


def test_organization_at_its_limit_waits_for_the_oldest_counted_mail(world: World) -> None:
    """A thousand mails a day, and one more for each of the seven members."""
    invitation, _ = world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    at = clock.now()
    with bypassing_commands():
        InvitationToken.objects.filter(invitation__organization=world.koskela).delete()
    sent_before(invitation, at, range(10, 1016))
    check(world, "m@koskela.example", at)
    sent_before(invitation, at, range(10, 1017))
    data = refused(lambda: check(world, "m@koskela.example", at))
    assert data == {"what": "organization", "most": 1007, "seconds": DAY - 1016 * MINUTE}


def test_mails_of_all_organizations_to_one_address_are_limited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_limits, "DAILY_PER_ADDRESS_EVERYWHERE", 3)
    viewer, tiina, aino = world.access("viewer"), actor_of(world.tiina), actor_of(world.aino)
    for organization, actor in ((world.koskela, aino), (world.pohjola, tiina), (world.koskela, aino)):
        invitation, _ = world.invite(organization, "n@else.example", viewer, actor=actor)
        invitations_send.cancel(actor=actor, invitations=[invitation])
    data = refused(lambda: world.invite(world.pohjola, "n@else.example", viewer, actor=tiina))
    assert (data["what"], data["most"]) == ("address", 3)
    world.invite(world.pohjola, "m@else.example", viewer, actor=tiina)
