"""Admins see the list of colleagues, and select some of them."""

from dataclasses import replace

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from portal.http.request_context import Request
from portal.shell import page_context, polling, unconfirmed
from portal.shell.page_context import PageContext
from portal.web.people import list_context, selection
from portal.wording import dates

_UPDATING = ("wait", "closing")


@require_safe
@page_context.organization_page
def listing(request: Request, page: PageContext) -> HttpResponse:
    """Show one page of the list. Raises Denied for a reader who may not see colleagues."""
    if Verb.MEMBER_VIEW not in page.abilities:
        raise Denied(reason="no_permission")
    clock = dates.Clock(page.at, page.zone)
    model = list_context.people_page(page, request.GET, clock)
    notices = unconfirmed.notices(page.from_list(model.list_url), clock)
    is_updating = bool(notices) or any(row.state in _UPDATING for row in model.people)
    waits = [(notice.text, notice.attempts, notice.retry is None) for notice in notices]
    return polling.respond(
        request,
        replace(model, unconfirmed=notices, is_updating=is_updating),
        content=(waits, model.attention, model.people, model.pager),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def select(request: Request, page: PageContext) -> HttpResponse:
    """Lead from the bulk bar to the page of its action, or to the list with everyone selected."""
    if request.method != "POST":
        return HttpResponseRedirect(page.list_url)
    try:
        return HttpResponseRedirect(selection.action_url(page, request.POST))
    except selection.UnusableSelection as reason:
        return selection.to_list(request, page, reason)
