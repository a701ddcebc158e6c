"""A person blocks the own sign-in, and support of the person's customers closes the report once."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.foundation import clock
from delegation.authorization.errors import AlreadyExists, InvalidInput, NotFound, TakeoverClosed
from delegation.takeover_reports import commands, queries
from delegation.takeover_reports.models import TakeoverReport
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]


def reported(by: Membership) -> TakeoverReport:
    done = commands.report(actor=actor_of(by), person=by.user, changed_at=clock.now())
    return TakeoverReport.objects.get(id=done.result.report)


def test_report_is_the_persons_own_and_support_closes_it_once(world: World) -> None:
    staff = Staff(world)
    sanna = staff.hire("Sanna Heikkilä", "support", unit=staff.kivisalo)
    elsewhere = staff.hire("Kadri Tamm", "support", unit=staff.eesti)
    with pytest.raises(NotFound):
        commands.report(actor=actor_of(world.aino), person=world.mikko.user, changed_at=clock.now())
    report = reported(world.mikko)
    with pytest.raises(AlreadyExists):
        commands.report(actor=actor_of(world.mikko), person=world.mikko.user, changed_at=report.changed_at)
    everyone = Organization.objects.all()
    (waiting,) = queries.waiting(organizations=everyone)
    assert waiting.id == report.id, "a person of two customers stands there once"
    assert queries.waiting(organizations=everyone.filter(key="tamm")) == []
    for organization in (world.koskela.id, world.pohjola.id):
        assert queries.get(organization=organization, report=report.id).row == report
    with pytest.raises(NotFound):
        queries.get(organization=staff.tamm.id, report=report.id)
    koskela: dict[str, Any] = {"report": report, "organization": world.koskela.id, "note": "Called him"}
    for stranger in (elsewhere, actor_of(world.aino), actor_of(world.mikko)):
        with pytest.raises(NotFound):
            commands.close(actor=stranger, **koskela)
    with pytest.raises(NotFound):
        commands.close(actor=elsewhere, report=report, organization=staff.tamm.id, note="Called")
    with pytest.raises(InvalidInput):
        commands.close(actor=sanna, **{**koskela, "note": " "})
    commands.close(actor=sanna, **koskela)
    with pytest.raises(TakeoverClosed):
        commands.close(actor=sanna, **koskela)
    assert queries.waiting(organizations=everyone) == []
    events = queries.events_of(TakeoverReport.objects.get())
    assert events["takeover.close"].personal["reason"] == "Called him"


def test_database_keeps_what_was_reported(world: World) -> None:
    report = reported(world.mikko)
    rows, at = TakeoverReport.objects.filter(id=report.id), clock.now()
    wrong: list[dict[str, Any]] = [
        {"changed_at": at - dt.timedelta(days=1)},
        {"covered_until": at + dt.timedelta(days=1)},
        {"person": world.olli.user_id},
        {"closed_by": world.mikko.user_id, "closed_at": at},
        {"closed_by": world.aino.user_id},
        {"closed_by": world.aino.user_id, "closed_at": report.reported_at - dt.timedelta(seconds=1)},
    ]
    with bypassing_commands():
        for change in wrong:
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
        again = {"person": report.person, "changed_at": report.changed_at, "act": report.act}
        for until, name in ((at, "no_overlap"), (at + dt.timedelta(days=1), "after_change")):
            with pytest.raises(IntegrityError, match=f"takeover_report_{name}"), transaction.atomic():
                TakeoverReport.objects.create(**again, covered_until=until, reported_at=at)
    with pytest.raises(DatabaseError, match="event"), transaction.atomic():
        rows.update(closed_by=world.aino.user_id, closed_at=at)
    assert rows.get().closed_at is None
