"""A fall of the continuity grade is noticed once: an event, and one mail to each working admin that is left."""

import datetime as dt
import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.models import Event
from delegation.continuity_grades import falls, queries
from delegation.continuity_grades.models import ContinuityWatch
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people.models import User
from portal.shell import continuity_mails
from portal.wording import dates, grade_facts
from provisioning import continuity_watch
from provisioning.mail import stored
from provisioning.mail.models import Mail
from tests.fixtures.world import World, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 3600
STATEMENTS = 13
"""Of examining customers, however many fall: the facts, the watch, the admins, the mails and the events."""


def bounce(who: Membership, at: object) -> None:
    with bypassing_commands():
        User.objects.filter(id=who.user_id).update(mail_bounced_at=at)


def mailed() -> list[str]:
    return [stored.recipient(row=row) for row in Mail.objects.filter(purpose="continuity").order_by("id")]


def fallen() -> list[tuple[str, str]]:
    rows = Event.objects.filter(verb="continuity.fell").order_by("at", "id")
    assert {row.outcome for row in rows} <= {"observed"}
    return [(str(row.organization), str(row.subject)) for row in rows]


def test_each_fall_is_noticed_and_mailed_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continuity_watch, "BATCH", 1)
    assert continuity_watch.examine_all() == 0, "Pohjola is weak when it is seen first: it has not fallen"
    assert ContinuityWatch.objects.count() == Organization.objects.count() > 1
    bounce(world.paivi, clock.now())
    assert [continuity_watch.examine_all() for _ in range(2)] == [1, 0]
    assert (mailed(), fallen()) == ([world.aino.user.email], [(str(world.koskela.id),) * 2])
    text = stored.message(row=Mail.objects.get(purpose="continuity")).decode()
    for part in (
        "fell from Fair to Weak",
        "1 working admin. Two are needed.",
        "/o/koskela/people/second-admin",
    ):
        assert part in " ".join(text.replace("=\r\n", "").split())
    clock_of = dates.Clock(clock.now(), ZoneInfo("Europe/Helsinki"))
    found = queries.facts_of(organization=world.koskela.id, at=clock.now())
    assert found.fell_from == "fair"
    assert grade_facts.history(found, clock_of).startswith("Was Fair until ")
    assert "asked by mail" in grade_facts.history(found, clock_of)
    bounce(world.paivi, None)
    assert continuity_watch.examine_all() == 0
    risen = queries.facts_of(organization=world.koskela.id, at=clock.now())
    assert (risen.fell_from, grade_facts.history(risen, clock_of)) == (None, "")
    bounce(world.paivi, clock.now())
    assert continuity_watch.examine_all() == 1
    assert mailed() == [world.aino.user.email] * 2, "another fall, another mail"


def test_fall_of_everyone_by_time_alone_asks_all_admins(world: World) -> None:
    continuity_watch.examine_all()
    move_clock(91 * DAY)
    assert continuity_watch.examine_all() == 2
    assert sorted(mailed()) == sorted(one.user.email for one in (world.aino, world.paivi, world.tiina))


def test_falls_are_mailed_to_every_admin_of_many(world: World) -> None:
    for number in range(6):
        world.member(
            world.koskela, f"Admin {number}", "organization_admin", email=f"a{number}@koskela.example"
        )
    continuity_watch.examine_all()
    move_clock(91 * DAY)
    assert continuity_watch.examine_all() == 2
    assert len(mailed()) == len(set(mailed())) == 9


def test_falls_of_many_customers_take_the_statements_of_one(world: World) -> None:
    others = [world.organization(f"customer-{number}", f"Customer {number}", []) for number in range(3)]
    for number, one in enumerate(others):
        world.member(
            one, f"Only Admin{number}", "organization_admin", email=f"only@customer-{number}.example"
        )
    everyone = [world.pohjola, world.koskela, *others]
    continuity_watch.examine_all()
    bounce(world.paivi, clock.now())

    def statements(organizations: Sequence[Organization]) -> int:
        """Those of examining customers whose grade has fallen, with their mails and events."""
        ContinuityWatch.objects.update(grade="good")
        ids = [one.id for one in organizations]
        with CaptureQueriesContext(connection) as captured:
            assert falls.examine(organizations=ids, report=continuity_mails.queue_falls) == len(ids)
        return len(captured)

    assert [statements(everyone[:size]) for size in (1, 3, 5)] == [STATEMENTS] * 3
    assert len(fallen()) == len(mailed()) == 9


def test_customer_that_cannot_be_examined_hides_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    continuity_watch.examine_all()
    bounce(world.paivi, clock.now())
    grades_of, bad = queries.grades_of, world.pohjola.id

    def failing(*, organizations: Sequence[uuid.UUID], at: dt.datetime) -> list[queries.GradeFacts]:
        if bad in organizations:
            raise RuntimeError
        return grades_of(organizations=organizations, at=at)

    monkeypatch.setattr(queries, "grades_of", failing)
    assert (continuity_watch.examine_all(), fallen()) == (1, [(str(world.koskela.id),) * 2])
