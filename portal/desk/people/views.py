"""Staff see the people of a customer, and one of them, without a way to change anything."""

import uuid

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from delegation.authorization.verbs import Verb
from delegation.people import queries
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.people import people_list, person_page
from portal.http.request_context import Request
from portal.shell import page_model


@require_safe
@desk_page.organization_page(Verb.MEMBER_VIEW, reading=Reading.PEOPLE)
def listing(request: Request, found: OrganizationPage) -> HttpResponse:
    """List the present people, or those who were removed."""
    return page_model.render(request, people_list.people_page(found.page, request.GET))


@require_safe
@desk_page.organization_page(Verb.MEMBER_VIEW)
def person(request: Request, found: OrganizationPage, membership: uuid.UUID) -> HttpResponse:
    """Show one person. Raises NotFound for one of another customer, and records no reading then."""
    page = found.page
    member = queries.get(
        actor=page.viewer, organization=page.organization_id, at=page.at, membership=membership
    )
    found.record(Reading.PERSON, membership=membership)
    return page_model.render(request, person_page.person_page(page, member))
