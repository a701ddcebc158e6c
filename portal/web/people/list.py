"""The list of colleagues, and the selection of some of them."""

from dataclasses import replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, polling, unconfirmed
from portal.shell.page_context import PageContext
from portal.web.people import list_context
from portal.wording import dates

_MAX_SELECTED = 300
_UPDATING = ("wait", "closing")


@require_safe
@page_context.organization_page
def listing(request: Request, page: PageContext) -> HttpResponse:
    """Show one page of the list. Raises Denied for a reader who may not see colleagues."""
    if Verb.MEMBER_VIEW not in page.abilities:
        raise Denied(reason="no_permission")
    clock = dates.Clock(page.at, page.zone)
    model = list_context.people_page(page, request.GET, clock)
    notices = unconfirmed.notices(page, clock)
    is_updating = bool(notices) or any(row.state in _UPDATING for row in model.people)
    waits = [(notice.text, notice.attempts, notice.retry is None) for notice in notices]
    return polling.respond(
        request,
        replace(model, unconfirmed=notices, is_updating=is_updating),
        content=(waits, model.people, model.pager),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def select(request: Request, page: PageContext) -> HttpResponse:
    """Lead from ticked rows to the page that asks before their removal."""
    if request.method != "POST":
        return HttpResponseRedirect(page.url("people"))
    ticked = shell_forms.identifiers(request.POST.getlist("m"))[:_MAX_SELECTED]
    if not ticked or request.POST.get("do") != "remove":
        messages.warning(request, _("No people are selected. Select people first."))
        return HttpResponseRedirect(page.url("people"))
    parameters = urlencode([("m", membership) for membership in ticked])
    return HttpResponseRedirect(f"{page.url('people_remove')}?{parameters}")
