"""The list of colleagues, and what is ticked in it."""

from dataclasses import replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.web.people import list_context
from portal.wording import dates

_MOST = 300


@require_safe
@page_context.organization_page
def listing(request: Request, page: PageContext) -> HttpResponse:
    """A page of it."""
    return render_list(request, page)


def render_list(request: HttpRequest, page: PageContext, *, invitation_notice: str = "") -> HttpResponse:
    """The list, below what happened to an invitation. Raises Denied for a reader who sees no colleagues."""
    if Verb.MEMBER_VIEW not in page.abilities:
        raise Denied(reason="no_permission")
    clock = dates.Clock(page.at, page.zone)
    model = list_context.people_page(page, request.GET, clock)
    return page_model.render(request, replace(model, invitation_notice=invitation_notice))


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def select(request: Request, page: PageContext) -> HttpResponse:
    """From ticked rows to the page that says what would follow; nothing is done here."""
    if request.method != "POST":
        return HttpResponseRedirect(page.url("people"))
    ticked = shell_forms.identifiers(request.POST.getlist("m"))[:_MOST]
    if not ticked or request.POST.get("do") != "remove":
        messages.warning(request, _("No people are selected. Select people first."))
        return HttpResponseRedirect(page.url("people"))
    asked = urlencode([("m", one) for one in ticked])
    return HttpResponseRedirect(f"{page.url('people_remove')}?{asked}")
