"""The owner of a program is notified before its secret ends, once, and only while the program works."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from provisioning import deliverer
from provisioning.mail import reminders
from provisioning.mail.models import Mail
from tests.fixtures import queued_mails, service_users
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 3600


def test_owner_is_notified_two_weeks_before_the_end_and_once(world: World) -> None:
    made = service_users.create(world.aino, name="ERP import", lasts=dt.timedelta(days=60))
    other = service_users.create(world.aino, name="Reports", lasts=dt.timedelta(days=61))
    assert reminders.queue_due() == 0
    move_clock(46 * DAY + 60)
    assert reminders.queue_due() == 1
    mail = Mail.objects.get(purpose="program_ends")
    assert (mail.about, mail.organization) == (made.service_user, world.koskela.id)
    assert queued_mails.recipient_of(mail) == world.aino.user.email
    for text in (queued_mails.text_of(mail), queued_mails.html_of(mail)):
        assert "ERP import" in text
        assert "Rakennusliike Koskela Oy" in text
        assert f"/o/koskela/programs/{made.service_user}/secret" in text
    move_clock(48 * DAY)
    assert reminders.queue_due() == 1, "the other program"
    assert set(Mail.objects.values_list("about", flat=True)) >= {made.service_user, other.service_user}
    move_clock(59 * DAY)
    with CaptureQueriesContext(connection) as captured:
        assert reminders.queue_due() == 0
    assert len(captured) == 12, (
        "the clock; reviews; who was notified of both kinds of programs, secrets, handovers and requests"
        " about missing admins, and what is due of each"
    )


def test_ended_program_and_that_of_a_leaver_lead_to_no_mail(world: World) -> None:
    service_users.create(world.aino, lasts=dt.timedelta(days=10))
    service_users.create(world.paivi, lasts=dt.timedelta(days=20))
    world.remove(world.paivi)
    move_clock(11 * DAY)
    assert reminders.queue_due() == 0


def test_deliverer_runs_the_reminders() -> None:
    assert any(isinstance(chore, reminders.Reminders) for chore in deliverer.create().chores)
