"""A removal that is confirmed late is mailed once to the person who removed; no other removal is."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

import pytest
import structlog.testing
from django.db import connection

from audit import installation
from audit.foundation import clock
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.mail.models import Mail
from provisioning.removals import late_confirmations
from provisioning.removals.models import Removal
from provisioning.targets.models import Target
from tests.fixtures import deliveries, fake_target, queued_mails
from tests.fixtures.fake_target import Fault
from tests.fixtures.pages import plain
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

DOWN = Fault(status=503)
PURPOSE = "removal_confirmed"


@pytest.fixture
def systems(
    world: World, ordering: Target, contacts: Target, accounts: AccountDeliveries
) -> AccountDeliveries:
    """Let both systems have their accounts."""
    deliveries.plan_all()
    deliveries.deliver_all(accounts)
    return accounts


def remove(world: World, *members: Membership, by: Membership | None = None) -> uuid.UUID:
    actor = actor_of(by or world.aino)
    return people_commands.remove(actor=actor, memberships=members, reason="left").act


def mails() -> Sequence[Mail]:
    return list(Mail.objects.filter(purpose=PURPOSE))


def deliver_late(accounts: AccountDeliveries, *servers: fake_target.Server, seconds: float = 75) -> None:
    """Let these systems fail, and answer after so many seconds."""
    for server in servers:
        server.be.always = DOWN
    deliveries.plan_all()
    deliveries.attempt_all(accounts)
    move_clock(seconds)
    assert late_confirmations.examine_due() == 0
    for server in servers:
        server.be.always = None
    while deliveries.attempt_all(accounts):
        pass
    move_clock(seconds + 400)


def test_late_confirmation_is_mailed_once_to_the_person_who_removed(
    world: World, systems: AccountDeliveries, crm: fake_target.Server
) -> None:
    act = remove(world, world.mikko)
    deliver_late(systems, crm)
    assert [late_confirmations.examine_due() for _ in range(2)] == [1, 0]
    (mail,) = mails()
    text = " ".join(plain(queued_mails.text_of(mail)).split())
    assert queued_mails.recipient_of(mail) == world.aino.user.email
    assert text.startswith("You removed Mikko Laine from Rakennusliike Koskela Oy on ")
    assert "CRM portal confirmed on" in text
    assert " 1 min 1" in text  # 75 s, and the moments that the test takes
    assert "Web shop confirmed" not in text
    assert f"/o/koskela/acts/{act}" in text
    assert (mail.about, mail.organization) == (act, world.koskela.id)


def test_prompt_confirmation_is_not_mailed(world: World, systems: AccountDeliveries) -> None:
    remove(world, world.mikko)
    deliveries.plan_all()
    deliveries.deliver_all(systems)
    assert late_confirmations.examine_due() == 0
    move_clock(61)
    assert late_confirmations.examine_due() == 1
    assert (mails(), Removal.objects.filter(due_at=None).count()) == ([], 1)


def test_removal_that_the_planner_reads_late_is_mailed(world: World, systems: AccountDeliveries) -> None:
    remove(world, world.mikko)
    move_clock(300)
    deliveries.plan_all()
    deliveries.deliver_all(systems)
    assert late_confirmations.examine_due() == 1
    assert [queued_mails.recipient_of(mail) for mail in mails()] == [world.aino.user.email]


def leave(world: World, member: Membership) -> None:
    world.remove(member, by=world.paivi)


def bounce(world: World, member: Membership) -> None:
    with bypassing_commands():
        type(member.user).objects.filter(pk=member.user_id).update(mail_bounced_at=clock.now())


@pytest.mark.parametrize("gone", [leave, bounce])
def test_admins_get_the_mail_where_the_person_who_removed_cannot(
    world: World,
    systems: AccountDeliveries,
    crm: fake_target.Server,
    gone: Callable[[World, Membership], None],
) -> None:
    remove(world, world.mikko, by=world.ulla)
    gone(world, world.ulla)
    deliver_late(systems, crm)
    late_confirmations.examine_due()
    about = Removal.objects.earliest("removed_at").act
    found = [mail for mail in mails() if mail.about == about]
    assert {queued_mails.recipient_of(mail) for mail in found} == {
        world.aino.user.email,
        world.paivi.user.email,
    }
    text = " ".join(plain(queued_mails.text_of(found[0])).split())
    assert text.startswith("“Ulla Nieminen” removed Mikko Laine from Rakennusliike Koskela Oy")


def test_late_removal_of_several_people_in_two_systems_is_one_mail(
    world: World, systems: AccountDeliveries, crm: fake_target.Server, shop: fake_target.Server
) -> None:
    remove(world, world.mikko, world.olli, world.vilma)
    deliver_late(systems, crm, shop)
    assert late_confirmations.examine_due() == 1
    (mail,) = mails()
    text = plain(queued_mails.text_of(mail))
    assert "You removed Mikko Laine, Olli Mäkinen and Vilma Salo from" in text
    assert "CRM portal confirmed on" in text
    assert "Web shop confirmed on" in text


def test_people_who_were_restored_meanwhile_are_not_reported(
    world: World, systems: AccountDeliveries, crm: fake_target.Server
) -> None:
    remove(world, world.mikko, world.olli)
    crm.be.always = DOWN
    deliveries.plan_all()
    deliveries.attempt_all(systems)
    people_commands.restore(
        actor=actor_of(world.aino), memberships=[world.mikko], access=world.access("viewer")
    )
    deliver_late(systems, crm)
    late_confirmations.examine_due()
    (mail,) = mails()
    assert "You removed Olli Mäkinen from" in plain(queued_mails.text_of(mail))


def test_removal_with_all_people_restored_is_closed_without_a_mail(
    world: World, systems: AccountDeliveries, crm: fake_target.Server
) -> None:
    act = remove(world, world.mikko)
    people_commands.restore(
        actor=actor_of(world.aino), memberships=[world.mikko], access=world.access("viewer")
    )
    deliver_late(systems, crm)
    late_confirmations.examine_due()
    assert (mails(), Removal.objects.get(act=act).due_at) == ([], None)


def test_claimed_confirmation_is_not_mailed(world: World, systems: AccountDeliveries) -> None:
    remove(world, world.mikko)
    deliveries.plan_all()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE provisioning_delivery SET done_at = now() WHERE done_at IS NULL")
    move_clock(90)
    assert late_confirmations.examine_due() == 0
    assert (mails(), Removal.objects.filter(due_at__isnull=False).count()) == ([], 1)


def test_failing_report_holds_up_no_other_removal(
    world: World, systems: AccountDeliveries, crm: fake_target.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _whole = remove(world, world.mikko), remove(world, world.olli)
    reported: list[uuid.UUID] = []

    def report(confirmation: late_confirmations.LateConfirmation) -> None:
        if confirmation.act == broken:
            raise ValueError
        reported.append(confirmation.act)

    monkeypatch.setattr(late_confirmations, "_reports", [report])
    deliver_late(systems, crm)
    assert late_confirmations.examine_due() == 1
    assert (reported, Removal.objects.get(due_at__isnull=False).act) == ([_whole], broken)


def test_restored_installation_reports_nothing_until_it_is_thawed(
    world: World, systems: AccountDeliveries, crm: fake_target.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove(world, world.mikko)
    deliver_late(systems, crm)
    monkeypatch.setattr(installation, "is_frozen", lambda: True)
    assert (late_confirmations.examine_due(), mails()) == (0, [])


def test_events_that_are_read_again_add_no_second_mail(
    world: World, systems: AccountDeliveries, crm: fake_target.Server
) -> None:
    remove(world, world.mikko)
    deliver_late(systems, crm)
    late_confirmations.examine_due()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE provisioning_cursor SET seq = 0 WHERE chain = %s", [world.koskela.id])
    deliveries.plan_all()
    deliveries.deliver_all(systems)
    move_clock(2000)
    late_confirmations.examine_due()
    assert len(mails()) == 1


AGES = [(30, 10), (100, 10), (101, 10.1), (600, 60), (3000, 300), (3001, 300)]
"""Seconds since the removal, and to the next examination."""


@pytest.mark.parametrize(("age", "pause"), AGES)
@pytest.mark.parametrize("is_claimed", [False, True])
def test_removal_is_examined_again_after_a_tenth_of_its_age(
    *,
    world: World,
    systems: AccountDeliveries,
    monkeypatch: pytest.MonkeyPatch,
    age: float,
    pause: float,
    is_claimed: bool,
) -> None:
    act = remove(world, world.mikko)
    deliveries.plan_all()
    if is_claimed:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE provisioning_delivery SET done_at = now() WHERE done_at IS NULL")
    at = clock.now()
    removed_at = at - dt.timedelta(seconds=age)
    Removal.objects.filter(act=act).update(due_at=at, removed_at=removed_at)
    monkeypatch.setattr(clock, "now", lambda: at)
    assert late_confirmations.examine_due() == 0
    assert Removal.objects.get(act=act).due_at == at + dt.timedelta(seconds=pause)


def test_late_confirmation_is_not_reported_before_every_system_has_confirmed(
    world: World, systems: AccountDeliveries, crm: fake_target.Server, shop: fake_target.Server
) -> None:
    act = remove(world, world.mikko)
    shop.be.always = DOWN
    deliver_late(systems, crm)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE provisioning_delivery SET done_at = now() WHERE done_at IS NULL")
        assert cursor.rowcount == 1
    assert (late_confirmations.examine_due(), mails()) == (0, [])
    assert Removal.objects.get(act=act).due_at is not None


@pytest.mark.parametrize("is_postponed", [False, True])
def test_removal_that_another_deliverer_examines_meanwhile_is_left_to_it(
    *,
    world: World,
    systems: AccountDeliveries,
    crm: fake_target.Server,
    monkeypatch: pytest.MonkeyPatch,
    is_postponed: bool,
) -> None:
    acts = {remove(world, world.mikko), remove(world, world.olli)}
    reported: list[uuid.UUID] = []
    due_at = clock.now() + dt.timedelta(days=1) if is_postponed else None

    def report(confirmation: late_confirmations.LateConfirmation) -> None:
        reported.append(confirmation.act)
        Removal.objects.filter(act__in=acts - {confirmation.act}).update(due_at=due_at)

    monkeypatch.setattr(late_confirmations, "_reports", [report])
    deliver_late(systems, crm)
    assert late_confirmations.examine_due() == 1
    (other,) = acts - set(reported)
    assert Removal.objects.get(act=other).due_at == due_at


@pytest.mark.parametrize("is_closed", [False, True])
def test_removal_that_cannot_be_examined_is_logged_and_waits_five_minutes_unless_closed(
    *, world: World, monkeypatch: pytest.MonkeyPatch, is_closed: bool
) -> None:
    act = remove(world, world.mikko)
    at = clock.now()
    Removal.objects.update_or_create(
        act=act, defaults={"organization": world.koskela.id, "removed_at": at, "due_at": at}
    )

    def fail(which: uuid.UUID, _at: dt.datetime) -> bool:
        if is_closed:
            Removal.objects.filter(act=which).update(due_at=None)
        raise ValueError

    monkeypatch.setattr(clock, "now", lambda: at)
    monkeypatch.setattr(late_confirmations, "_examine", fail)
    with structlog.testing.capture_logs() as lines:
        assert late_confirmations.examine_due() == 0
    assert [(line["event"], line["act"], line["log_level"]) for line in lines] == [
        ("removal.not_examined", str(act), "error")
    ]
    expected = None if is_closed else at + dt.timedelta(minutes=5)
    assert Removal.objects.get(act=act).due_at == expected
