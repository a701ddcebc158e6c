"""The views show the organization's log, and what changed in people's rights."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from delegation.authorization.errors import Denied
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.web.activity import context, rights_page
from portal.wording import dates


@require_safe
@page_context.organization_page
def listing(request: Request, page: PageContext) -> HttpResponse:
    """Show a page of the log. Raises Denied for a reader who may not see it."""
    if not page.sees_activity:
        raise Denied(reason="no_permission")
    clock = dates.Clock(page.at, page.zone)
    return page_model.render(request, context.activity_page(page, request.GET, clock))


@require_safe
@page_context.organization_page
def changes(request: Request, page: PageContext) -> HttpResponse:
    """Show what changed in people's rights between two days. Raises Denied for a reader who may not see the log."""
    if not page.sees_activity:
        raise Denied(reason="no_permission")
    return page_model.render(request, rights_page.changes_page(page, request.GET))
