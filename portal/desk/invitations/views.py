"""Staff see the open invitations of a customer, and whether their mails arrived; they send none."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from delegation.authorization.verbs import Verb
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.invitations import context
from portal.http.request_context import Request
from portal.shell import page_model


@require_safe
@desk_page.organization_page(Verb.MEMBER_VIEW, reading=Reading.INVITATIONS)
def listing(request: Request, found: OrganizationPage) -> HttpResponse:
    """List the open invitations, expired ones too."""
    return page_model.render(request, context.invitations_page(found.page, request.GET))
