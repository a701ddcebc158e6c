"""The event of a mail is in a log that is read: of the organization, else of the person, else of the supplier."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock, ids
from audit.log.ledger import SUPPLIER
from audit.models import Event
from delegation.activity import supplier_log
from delegation.activity.meanings import LogReach
from delegation.activity.supplier_log import Kind, Search
from delegation.authorization.event_types import Observation
from delegation.orphan_cases.commands import request_decisions
from identity.organizations.models import Organization
from identity.people.models import User
from portal.shell import case_mails
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.events import DeliveryEvents
from provisioning.delivery.task import DeliveryOutcome
from provisioning.mail import events, queue
from provisioning.mail.delivery import MailDeliveries
from provisioning.mail.events import MailOutcomeFacts
from provisioning.mail.models import Mail
from provisioning.mail.queue import Draft
from tests.fixtures import orphaned, service_users
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
EVERYTHING = LogReach(organizations=Organization.objects.none(), has_own_log=True)


def refused(*drafts: Draft) -> None:
    """The relay refuses these mails, and those that wait, for good."""
    queue.queue_all(drafts)
    mails, at = MailDeliveries(), clock.now()
    while tasks := mails.lease(worker=1, at=at, in_flight={}):
        mails.settle(
            outcomes=[DeliveryOutcome(one, error=DeliveryError(Code.REFUSED)) for one in tasks], at=at
        )


def draft(about: uuid.UUID | None, organization: uuid.UUID | None = None) -> Draft:
    """A mail about this."""
    return Draft(
        to="mikko@koskela.example", subject="x", text="x", purpose="x", about=about, organization=organization
    )


def failed_in_log() -> set[uuid.UUID]:
    """The mails of which a reader of the supplier's whole log sees that they failed."""
    search = Search(clock.now() - dt.timedelta(hours=1), clock.now() + dt.timedelta(hours=1), kind=Kind.ALL)
    rows = supplier_log.matching(reach=EVERYTHING, search=search).filter(verb="mail.failed")
    return set(rows.values_list("subject", flat=True))


def test_failed_closing_mail_of_a_request_is_in_the_suppliers_log(world: World) -> None:
    request = orphaned.request_of("no such number")
    staff = Staff(world)
    support = staff.hire("Sanna Support", "support", unit=staff.kivisalo)
    request_decisions.close(actor=support, request=request, reason="Not a customer")
    assert case_mails.queue_closed(clock.now()) == 1
    mail = Mail.objects.get(purpose="orphan_closed")
    refused()
    event = Event.objects.get(verb="mail.failed", subject=mail.id)
    assert (event.chain, event.organization, event.act) == (SUPPLIER, None, request.id)
    assert mail.id in failed_in_log()


def test_event_of_a_mail_about_no_person_is_in_the_suppliers_log(world: World) -> None:
    """A program of the supplier is no person: its acts are in the supplier's log too."""
    staff = Staff(world)
    owner = User.all_directories.get(
        pk=staff.hire("Maija Manager", "account_manager", unit=staff.kivisalo).id
    )
    service_users.sign_in_owner(owner)
    program = service_users.create_for_staff(owner).service_user
    person, employee = world.mikko.user_id, owner.id
    abouts = [None, ids.uuid7(), program, person, employee]
    refused(*(draft(about) for about in abouts), draft(person, world.koskela.id))
    rows = Mail.objects.filter(purpose="x").in_bulk()
    found = [
        (rows[event.subject].about, event.chain)
        for event in Event.objects.filter(verb="mail.failed", organization=None)
    ]
    chains = [SUPPLIER, SUPPLIER, SUPPLIER, person, employee]
    assert sorted(found, key=str) == sorted(zip(abouts, chains, strict=True), key=str)
    assert Event.objects.get(verb="mail.failed", organization=world.koskela.id).chain == world.koskela.id
    assert {rows[mail].about for mail in failed_in_log()} == {None, *abouts[1:3], employee, person}


@pytest.mark.parametrize("number", [1, 3])
def test_people_of_many_mails_are_read_by_one_statement(world: World, number: int) -> None:
    queue.queue_all([draft(world.mikko.user_id)] * number + [draft(ids.uuid7())])
    mails = [MailOutcomeFacts(Observation.MAIL_SENT, row) for row in Mail.objects.all()]
    with CaptureQueriesContext(connection) as counted:
        events.record(DeliveryEvents(), mails)
    assert len(counted) == 1
