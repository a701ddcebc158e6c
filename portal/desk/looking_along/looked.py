"""The page of the person is read by the staff member who looks along, and by no other."""

import uuid
from http import HTTPStatus

from django.http import HttpResponse
from django.utils import timezone

from delegation.looking_along import queries
from delegation.staff import readings
from delegation.staff.readings import Reading
from identity.looks import looked_pages
from identity.looks.queries import OpenLook
from identity.organizations import queries as organizations_queries
from portal.desk.looking_along import context, preparing
from portal.http.request_context import Request
from portal.shell import polling, shown_pages
from portal.signin.staff import middleware
from portal.signin.staff.reader import StaffReader
from portal.wording import dates, time_zones


def require(request: Request, reader: StaffReader, look: uuid.UUID) -> OpenLook:
    """Return the look of this staff member in this session. Raises NotFound for any other, and for an ended one."""
    session = middleware.require_session(request).staff_session.key
    return queries.of_staff(actor=reader.actor, look=look, session=session, at=reader.at)


def record_form(reader: StaffReader, look: OpenLook, colleague: uuid.UUID | None) -> None:
    """Record in the customer's log that the staff member reads a form about this colleague; nothing without one."""
    if colleague:
        readings.record(
            actor=reader.actor,
            what=Reading.LOOK_FORM,
            organizations=[look.organization_id],
            at=reader.at,
            membership=colleague,
        )


def page(request: Request, reader: StaffReader, look: OpenLook) -> HttpResponse:
    """Show the page, and record in the customer's log what is read, about the colleague whose page it is.

    Status 304 while the person has the same page open, which is not read again.
    """
    shown = looked_pages.read_page(look=look.id)
    customer = organizations_queries.get(organization=look.organization_id)
    zone = time_zones.first_known(customer.time_zone)
    timezone.activate(zone)
    model = context.look_page(
        look,
        customer,
        shown,
        prepare=preparing.links(look, shown, at=reader.at),
        prepared=preparing.waiting(look),
        clock=dates.Clock(reader.at, zone),
    )
    content = (model.title, model.body, model.prepared, model.is_waiting)
    response = polling.respond(request, model, content=content)
    if shown and shown.body and response.status_code == HTTPStatus.OK:
        readings.record(
            actor=reader.actor,
            what=shown_pages.SHOWN[shown.route],
            organizations=[look.organization_id],
            at=reader.at,
            membership=shown.subject or look.membership_id,
        )
    return response
