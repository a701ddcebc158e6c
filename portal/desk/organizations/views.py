"""Staff find a customer, and see it on one page."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from delegation.authorization.verbs import Verb
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.organizations import context, customer_list
from portal.http.request_context import Request
from portal.shell import page_model
from portal.signin.staff.reader import StaffReader


@require_safe
@desk_page.desk_page(Verb.MEMBER_VIEW)
def listing(request: Request, reader: StaffReader) -> HttpResponse:
    """List the customers that the reader's rights cover."""
    return page_model.render(request, customer_list.list_page(reader, request.GET))


@require_safe
@desk_page.organization_page(Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
def detail(request: Request, found: OrganizationPage) -> HttpResponse:
    """Show one customer."""
    return page_model.render(request, context.detail_page(found))
