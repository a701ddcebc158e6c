"""A dormant member is warned twice and then suspended. A sign-in begins the time again; the last admins are left."""

import datetime as dt

import pytest
from django.conf import LazySettings

from audit.foundation import clock
from audit.models import Event
from delegation.authorization.errors import NotFound, Unchanged
from delegation.continuity_grades import queries as grade_queries
from delegation.dormancy import commands
from delegation.dormancy.models import DormancyWarning
from delegation.dormancy.queries import WarnedMember
from identity.memberships.models import Membership, MembershipPeriod
from identity.people.models import User
from portal.shell import dormancy_mails
from provisioning import dormant_members, worker_stop
from provisioning.mail import stored
from provisioning.mail.models import Mail
from provisioning.mail.queue import Draft
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
DAY = 24 * 3600


def mailed(who: Membership) -> int:
    rows = Mail.objects.filter(purpose="dormancy")
    return sum(stored.recipient(row=row) == who.user.email for row in rows)


def suspended(world: World) -> set[str]:
    rows = MembershipPeriod.objects.filter(state="suspended", valid_until=None)
    names = rows.filter(membership__organization=world.koskela).values_list(
        "membership__user__name", flat=True
    )
    return {name.split()[0] for name in names}


def warnings(who: Membership) -> list[int]:
    rows = DormancyWarning.objects.filter(membership=who).order_by("warned_at")
    return list(rows.values_list("number", flat=True))


def sign_in(*members: Membership) -> None:
    """Let the database note a sign-in in this organization, as a sign-in to a service does."""
    with bypassing_commands():
        for one in members:
            User.objects.filter(id=one.user_id).update(last_login=clock.now())


def test_members_are_warned_twice_then_suspended_and_the_last_admins_are_left(world: World) -> None:
    days = [(334, []), (335, [1]), (336, [1]), (349, [1]), (350, [1, 2]), (364, [1, 2])]
    for day, seen in days:
        move_clock(day * DAY)
        dormant_members.process_due()
        assert (day, warnings(world.vilma)) == (day, seen)
        assert suspended(world) == set()
    assert mailed(world.vilma) == 2
    sign_in(world.olli)
    move_clock(366 * DAY)
    dormant_members.process_due()
    assert suspended(world) == {"Ulla", "Sami", "Mikko", "Vilma"}, (
        "Olli signed in; Aino and Päivi are the last admins"
    )
    event = Event.objects.filter(verb="member.suspend", subject=world.vilma.id).get()
    assert (event.actor_kind, event.outcome) == ("system", "done")
    facts = grade_queries.facts_of(organization=world.koskela.id, at=clock.now())
    assert (facts.grade.value, facts.admins) == ("critical", 2)
    for day in (367, 368):
        move_clock(day * DAY)
        assert dormant_members.process_due() == 0
    refused = Event.objects.filter(verb="member.suspend").exclude(outcome="done")
    assert refused.count() == 0, "the last admins are left out before, and not refused each day"


def test_mail_that_cannot_be_written_takes_no_other_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = dormancy_mails._draft

    def failing(one: WarnedMember) -> Draft:
        if one.membership == world.vilma:
            raise RuntimeError
        return draft(one)

    monkeypatch.setattr(dormancy_mails, "_draft", failing)
    move_clock(335 * DAY)
    dormant_members.process_due()
    assert warnings(world.vilma) == warnings(world.ulla) == [1]
    assert [mailed(who) for who in (world.vilma, world.ulla, world.tiina)] == [0, 1, 1]


def test_job_that_is_stopped_leaves_the_steps_to_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_clock(335 * DAY)
    with monkeypatch.context() as patched:
        patched.setattr(worker_stop, "is_announced", lambda: True)
        assert (dormant_members.process_due(), warnings(world.vilma)) == (0, [])
    dormant_members.process_due()
    assert warnings(world.vilma) == [1]


def test_dormant_admin_beside_a_present_one_is_suspended(world: World) -> None:
    for day in (335, 350):
        move_clock(day * DAY)
        sign_in(world.aino)
        dormant_members.process_due()
    move_clock(366 * DAY)
    dormant_members.process_due()
    assert "Päivi" in suspended(world)
    assert "Aino" not in suspended(world)


def test_sign_in_begins_the_time_again_and_a_late_rule_still_warns_twice(
    world: World, settings: LazySettings
) -> None:
    settings.DORMANT_AFTER = dt.timedelta()
    move_clock(500 * DAY)
    assert dormant_members.process_due() == 0
    settings.DORMANT_AFTER = dt.timedelta(days=365)
    for day, seen in ((500, [1]), (514, [1]), (515, [1, 2]), (529, [1, 2])):
        move_clock(day * DAY)
        dormant_members.process_due()
        assert (day, warnings(world.vilma), suspended(world)) == (day, seen, set())
    first, second = DormancyWarning.objects.filter(membership=world.vilma).order_by("number")
    assert first.suspends_at == first.warned_at + dt.timedelta(days=30)
    assert second.suspends_at == max(first.suspends_at, second.warned_at + dt.timedelta(days=15))
    sign_in(world.vilma)
    move_clock(529 * DAY + 23 * 3600)
    dormant_members.process_due()
    assert suspended(world) == set(), "not before the day that the mails gave"
    move_clock(530 * DAY + 3600)
    dormant_members.process_due()
    assert "Vilma" not in suspended(world)
    assert "Ulla" in suspended(world)


def test_steps_are_the_systems_alone_and_need_their_time(world: World) -> None:
    for actor in (actor_of(world.aino), actor_of(world.tiina)):
        with pytest.raises(NotFound):
            commands.warn(actor=actor, memberships=[world.vilma], number=1)
        with pytest.raises(NotFound):
            commands.suspend(actor=actor, memberships=[world.vilma])
    with pytest.raises(Unchanged):
        commands.warn(actor=world.system, memberships=[world.vilma], number=1)
    move_clock(400 * DAY)
    for number in (2, 3):
        with pytest.raises(Unchanged):
            commands.warn(actor=world.system, memberships=[world.vilma], number=number)
    with pytest.raises(Unchanged):
        commands.suspend(actor=world.system, memberships=[world.vilma])
    assert not DormancyWarning.objects.exists()
