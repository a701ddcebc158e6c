"""What is outdated is forgotten by an act of the timer, a few thousand at a time; what is needed stays."""

import pytest

from audit import clock
from audit.models import Event
from delegation import errors, links
from delegation.commands import housekeeping, invitations, members
from delegation.models import Invitation, InvitationToken, Once
from delegation.rules import outdated
from provisioning import tasks
from tests.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400


def test_a_repetition_is_known_for_a_week(world: World) -> None:
    aino = actor_of(world.aino)
    first = members.remove(actor=aino, memberships=[world.vilma], idempotency_key="k")
    move_clock(7 * DAY - 60)
    tasks.tidy()
    assert members.remove(actor=aino, memberships=[world.vilma], idempotency_key="k").act == first.act
    move_clock(7 * DAY + 60)
    assert tasks.tidy() >= 1
    assert not Once.objects.exists()


def test_dead_links_are_forgotten_and_their_invitations_are_not(world: World) -> None:
    made = InvitationToken.objects.count()
    _, expired = world.invite(world.koskela, "e@koskela.example", world.access("viewer"))
    kept, cancelled = world.invite(world.koskela, "c@koskela.example", world.access("viewer"))
    invitations.cancel(actor=actor_of(world.aino), invitations=[kept])
    assert InvitationToken.objects.count() == made + 2
    move_clock(90 * DAY - 60)
    tasks.tidy()
    found = links.invitation(cancelled)
    assert found is not None
    assert found.cancelled_at is not None
    move_clock(90 * DAY + 60)
    tasks.tidy()
    assert links.invitation(cancelled) is None
    assert links.invitation(expired) is not None
    move_clock((90 + 7) * DAY + 60)
    open_one, link = world.invite(world.koskela, "o@koskela.example", world.access("viewer"))
    tasks.tidy()
    assert links.invitation(expired) is None
    assert links.invitation(link) == open_one
    assert Invitation.objects.count() == made + 3


def test_it_is_an_act_with_its_event_and_only_where_there_is_something(world: World) -> None:
    tasks.tidy()
    assert not Event.objects.filter(verb="record.forget").exists()
    move_clock(91 * DAY)
    gone = InvitationToken.objects.count()
    done = housekeeping.forget(actor=world.system)
    assert done.result == housekeeping.Purged(answers=0, links=gone)
    assert Event.objects.get(verb="record.forget").act == done.act
    assert not outdated.is_any(at=clock.now())
    with pytest.raises(errors.NotFound):
        housekeeping.forget(actor=actor_of(world.aino))


def test_much_is_forgotten_in_several_acts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "MOST", 4)
    move_clock(91 * DAY)
    total, times = InvitationToken.objects.count(), 0
    while outdated.is_any(at=clock.now()):
        purged = housekeeping.forget(actor=world.system).result
        assert purged.answers + purged.links <= 4
        times += 1
    assert times == -(-total // 4)
