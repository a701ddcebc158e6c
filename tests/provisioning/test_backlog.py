"""Deliveries that wait or fail, and since when."""

import datetime as dt
from typing import Any

import pytest
from django.db import models
from django.db.models import Model

from audit.foundation import clock
from identity.sessions.models import SignIn
from provisioning import backlog
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.backlog import Backlog
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.http.pool import Pool
from provisioning.logout.delivery import LogoutDeliveries
from provisioning.logout.models import Logout
from provisioning.mail import queue
from provisioning.mail.delivery import MailDeliveries
from provisioning.mail.models import Mail
from provisioning.mail.queue import Draft
from provisioning.targets.models import Target
from tests.fixtures.deliveries import plan_all, sign_in
from tests.fixtures.world import World, bypassing_commands, move_clock_to

MINUTE = dt.timedelta(minutes=1)


def backlog_of(kind: str, *, at: dt.datetime) -> Backlog:
    (found,) = [one for one in backlog.backlogs(at=at) if one.kind == kind]
    return found


def attempt(kind: Any, *, at: dt.datetime, error: DeliveryError | None) -> None:
    """Lease what is due, and settle it with this outcome, without a call."""
    tasks = kind.lease(worker=1, at=at, in_flight={})
    assert tasks
    result = None if error else kind_result(kind)
    kind.settle(outcomes=[DeliveryOutcome(task, result=result, error=error) for task in tasks], at=at)


def kind_result(kind: Any) -> Any:
    return 200 if isinstance(kind, LogoutDeliveries) else None


def test_mail_is_late_from_its_first_failure(db: None) -> None:
    """Each retry is due later than the failure before it: the wait must not begin again with it."""
    queue.queue(Draft(to="mikko@koskela.example", subject="Hei", text="Hei!", purpose="invitation"))
    first = clock.now()
    down = DeliveryError(Code.UNREACHABLE)
    attempt(MailDeliveries(), at=first, error=down)
    assert backlog.failing_kinds() == {"mail"}
    for minutes in (1, 5, 30):
        move_clock_to(first + minutes * MINUTE)
        attempt(MailDeliveries(), at=first + minutes * MINUTE, error=down)
        found = backlog_of("mail", at=first + minutes * MINUTE)
        assert (found.waiting, found.failing) == (1, 1)
        assert found.late_seconds == pytest.approx(minutes * 60, abs=5)
    move_clock_to(first + 90 * MINUTE)
    attempt(MailDeliveries(), at=first + 90 * MINUTE, error=None)
    assert backlog_of("mail", at=first + 90 * MINUTE) == Backlog("mail")
    assert backlog.failing_kinds() == set()


def test_mail_that_waits_for_a_deliverer_is_late_since_it_is_due(db: None) -> None:
    queue.queue(Draft(to="mikko@koskela.example", subject="Hei", text="Hei!", purpose="invitation"))
    found = backlog_of("mail", at=clock.now() + MINUTE)
    assert (found.waiting, found.failing) == (1, 0)
    assert found.late_seconds == pytest.approx(60, abs=5)
    assert backlog.failing_kinds() == set()


def test_account_is_late_from_its_first_failure(
    world: World, ordering: Target, accounts: AccountDeliveries
) -> None:
    plan_all()
    start = clock.now()
    keep_one(Account)
    for minutes in (0, 10):
        attempt(accounts, at=start + minutes * MINUTE, error=DeliveryError(Code.TARGET_ERROR))
    assert backlog.failing_kinds() == {"account"}
    assert backlog_of("account", at=start + 10 * MINUTE).late_seconds == pytest.approx(600, abs=5)
    with bypassing_commands():
        Target.objects.update(is_active=False)
    assert backlog_of("account", at=start + 10 * MINUTE) == Backlog("account")
    assert backlog.failing_kinds() == set()


def test_logout_is_late_from_its_first_failure(world: World, pool: Pool) -> None:
    row = sign_in(world.olli)
    at = clock.now()
    SignIn.objects.filter(id=row.id).update(ended_at=at)
    Logout.objects.create(sign_in=row, client=row.clients.get(), ended_at=at, due_at=at)
    logouts = LogoutDeliveries(pool=pool)
    for minutes in (0, 10):
        attempt(logouts, at=at + minutes * MINUTE, error=DeliveryError(Code.TARGET_ERROR))
    assert backlog.failing_kinds() == {"logout"}
    assert backlog_of("logout", at=at + 10 * MINUTE).late_seconds == pytest.approx(600, abs=5)


def keep_one(model: type[Model]) -> None:
    """Leave one row due."""
    rows: models.QuerySet[Any] = model._default_manager.filter(due_at__isnull=False)
    rows.exclude(pk=rows[0].pk).update(due_at=None)


def test_mail_given_up_waits_no_more(db: None) -> None:
    queue.queue(Draft(to="mikko@koskela.example", subject="Hei", text="Hei!", purpose="invitation"))
    attempt(MailDeliveries(), at=clock.now(), error=DeliveryError(Code.REFUSED))
    assert Mail.objects.get().failed_at is not None
    assert backlog_of("mail", at=clock.now() + MINUTE) == Backlog("mail")
    assert backlog.failing_kinds() == set()
