"""The timer deletes expired rows in acts of limited size, and keeps the rows that are still needed."""

import pytest

from audit.foundation import clock
from audit.models import Event
from delegation import retention
from delegation.acts.models import IdempotencyRecord
from delegation.authorization import errors as authorization_errors
from delegation.invitations import links
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation, InvitationToken
from delegation.people.commands import members as people_commands
from provisioning import tasks
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400


def test_repeated_request_within_a_week_is_replayed(world: World) -> None:
    aino = actor_of(world.aino)
    first = people_commands.remove(actor=aino, memberships=[world.vilma], idempotency_key="k")
    move_clock(7 * DAY - 60)
    tasks.tidy()
    assert people_commands.remove(actor=aino, memberships=[world.vilma], idempotency_key="k").act == first.act
    move_clock(7 * DAY + 60)
    assert tasks.tidy() >= 1
    assert not IdempotencyRecord.objects.exists()


def test_purge_deletes_links_after_their_retention_and_keeps_invitations(world: World) -> None:
    made = InvitationToken.objects.count()
    _, expired = world.invite(world.koskela, "e@koskela.example", world.access("viewer"))
    invitation, cancelled = world.invite(world.koskela, "c@koskela.example", world.access("viewer"))
    invitations_send.cancel(actor=actor_of(world.aino), invitations=[invitation])
    assert InvitationToken.objects.count() == made + 2
    move_clock(90 * DAY - 60)
    tasks.tidy()
    found = links.invitation_of_link(cancelled)
    assert found is not None
    assert found.cancelled_at is not None
    move_clock(90 * DAY + 60)
    tasks.tidy()
    assert links.invitation_of_link(cancelled) is None
    assert links.invitation_of_link(expired) is not None
    move_clock((90 + 7) * DAY + 60)
    open_one, link = world.invite(world.koskela, "o@koskela.example", world.access("viewer"))
    tasks.tidy()
    assert links.invitation_of_link(expired) is None
    assert links.invitation_of_link(link) == open_one
    assert Invitation.objects.count() == made + 3


def test_purge_without_expired_rows_leaves_no_event(world: World) -> None:
    tasks.tidy()
    assert not Event.objects.filter(verb="retention.purge").exists()
    move_clock(91 * DAY)
    gone = InvitationToken.objects.count()
    done = retention.purge(actor=world.system)
    assert done.result == retention.Purged(idempotency_records=0, invitation_links=gone)
    assert Event.objects.get(verb="retention.purge").act == done.act
    assert not retention.has_expired(at=clock.now())
    with pytest.raises(authorization_errors.NotFound):
        retention.purge(actor=actor_of(world.aino))


def test_purge_of_many_rows_takes_several_acts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 4)
    move_clock(91 * DAY)
    total, times = InvitationToken.objects.count(), 0
    while retention.has_expired(at=clock.now()):
        purged = retention.purge(actor=world.system).result
        assert purged.idempotency_records + purged.invitation_links <= 4
        times += 1
    assert times == -(-total // 4)
