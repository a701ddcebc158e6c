"""The view shows a customer's log."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from delegation.authorization.verbs import Verb
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.activity import context
from portal.desk.desk_page import OrganizationPage
from portal.http.request_context import Request
from portal.shell import page_model


@require_safe
@desk_page.organization_page(Verb.ACTIVITY_VIEW, reading=Reading.ACTIVITY)
def listing(request: Request, found: OrganizationPage) -> HttpResponse:
    """Show a page of the log."""
    return page_model.render(request, context.activity_page(found.page, request.GET))
