"""What happened in the organization."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from delegation.authorization.errors import Denied
from portal.http.request_context import Request
from portal.shell import page_context
from portal.shell.page_context import PageContext
from portal.web.activity import context
from portal.wording import dates


@require_safe
@page_context.organization_page
def listing(request: Request, here: PageContext) -> HttpResponse:
    """A page of the log. Raises Denied for who may not see it."""
    if not here.sees_activity:
        raise Denied(reason="no_permission")
    clock = dates.Clock(here.at, here.zone)
    return render(request, "web/activity/list.html", context.context(here, request.GET, clock))
