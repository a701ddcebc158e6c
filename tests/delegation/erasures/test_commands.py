"""A person who left long ago is erased: rows and log name the person no more, and the log is still in order."""

import datetime as dt
import io

import pytest
from django.conf import LazySettings
from django.core import management

from audit.foundation import actor as foundation_actor
from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.models import Event, PersonKey
from audit.verification import verifier
from delegation.authorization.errors import Denied, NotFound
from delegation.erasures import commands, due_people, rules
from delegation.invitations.models import Invitation
from identity.people.models import User
from identity.sessions.models import Session
from provisioning import retention, worker_stop
from tests.fixtures import state_check
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 3600
AFTER = 31 * DAY


@pytest.fixture(autouse=True)
def after_31_days(settings: LazySettings) -> None:
    settings.ERASURE_AFTER = dt.timedelta(seconds=AFTER)


def joined_by_invitation(world: World) -> User:
    """Ida, who accepted an invitation and was removed since."""
    ida = world.member(world.koskela, "Ida Ranta", "viewer")
    world.remove(ida)
    return ida.user


def due() -> list[str]:
    return sorted(rules.due(at=clock.now()).values_list("name", flat=True))


def test_people_are_due_after_the_retention_period_without_a_membership(world: World) -> None:
    world.remove(world.olli)
    world.remove(world.mikko)
    assert due() == []
    move_clock(AFTER - DAY)
    assert due() == []
    with pytest.raises(Denied):
        commands.erase(actor=foundation_actor.system(), person=world.olli.user)
    move_clock(AFTER + DAY)
    assert due() == [world.olli.user.name], "Mikko is a member of Pohjola"
    for actor in (actor_of(world.aino), actor_of(world.olli)):
        with pytest.raises(NotFound):
            commands.erase(actor=actor, person=world.olli.user)
    world.invite(world.koskela, world.olli.user.email, world.access("viewer"))
    assert due() == []


def test_erased_person_is_named_nowhere_and_the_log_verifies(world: World) -> None:
    ida = joined_by_invitation(world)
    others = dict(User.objects.exclude(pk=ida.pk).values_list("pk", "name"))
    move_clock(AFTER + DAY)
    assert due_people.count_due(at=clock.now()) == 1
    retention.purge()
    row = User.objects.get(pk=ida.pk)
    assert (row.name, row.email, row.is_active) == ("Erased person", f"{ida.pk.hex}@erased.invalid", False)
    assert not row.has_usable_password()
    assert bytes(PersonKey.objects.get(id=ida.pk).wrapped) == b""
    assert not Invitation.objects.filter(email=ida.email).exists()
    assert not Session.objects.filter(user=ida.pk).exists()
    assert dict(User.objects.exclude(pk=ida.pk).values_list("pk", "name")) == others
    (event,) = Event.objects.filter(verb="person.erase", outcome="done")
    assert (event.chain, event.actor_kind) == (ida.pk, "system")
    assert verifier.verify().findings == []
    assert [str(one) for one in state_check.differences()] == []
    with pytest.raises(Denied):
        commands.erase(actor=foundation_actor.system(), person=row)


def test_person_who_cannot_be_erased_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.remove(world.olli)
    ida = joined_by_invitation(world)
    move_clock(AFTER + DAY)
    first, second = rules.due(at=clock.now())
    assert second == ida, "the newest user"
    erase = commands.erase

    def failing(*, actor: Actor, person: User) -> object:
        if person == first:
            raise RuntimeError
        return erase(actor=actor, person=person)

    monkeypatch.setattr(commands, "erase", failing)
    monkeypatch.setattr(due_people, "MOST", 1)
    assert (retention.purge() >= 0, due()) == (True, [first.name])


def test_run_that_is_stopped_leaves_the_others_to_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        world.remove(world.member(world.koskela, f"Leaver {number}", "viewer", email=f"l{number}@x.example"))
    move_clock(AFTER + DAY)
    monkeypatch.setattr(due_people, "BATCH", 2)
    asked = iter([False, False, False, True])
    assert due_people.erase_due(at=clock.now(), is_stopping=lambda: next(asked)) == 3
    assert due() == ["Leaver 3", "Leaver 4"]
    monkeypatch.setattr(worker_stop, "is_announced", lambda: True)
    retention.purge()
    assert len(due()) == 2
    monkeypatch.undo()
    retention.purge()
    assert due() == []
    assert [str(one) for one in state_check.differences()] == []


def test_command_counts_and_erases(world: World) -> None:
    joined_by_invitation(world)
    move_clock(AFTER + DAY)
    for what, said in (
        ("due", "People due to be erased: 1"),
        ("run", "People erased: 1"),
        ("due", "People due to be erased: 0"),
    ):
        out = io.StringIO()
        management.call_command("erasure", what, stdout=out)
        assert out.getvalue().strip() == said
