"""One's own access and one's own sessions."""

from django.contrib import auth, messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.authorization.errors import NotFound
from delegation.people import sessions as people_sessions
from delegation.people.commands import self_service
from portal.http.request_context import Request
from portal.shell import page_context
from portal.shell.page_context import PageContext
from portal.web.my import context
from portal.wording import dates


@require_safe
@page_context.organization_page
def access(request: Request, here: PageContext) -> HttpResponse:
    """What may I do, and why? Where am I signed in?"""
    clock = dates.Clock(here.at, here.zone)
    return render(
        request, "web/my/access.html", context.context(here, page_context.session_of(request), clock)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def sessions(request: Request, here: PageContext) -> HttpResponse:
    """End one of one's own browser sessions, or (`all`) everything that was ever issued to oneself.

    The address opened again, from the history of a browser, is the page.
    """
    if request.method != "POST":
        return HttpResponseRedirect(here.url("my_access"))
    wanted = request.POST.get("session", "")
    mine = {found.key for found in people_sessions.browser_sessions(user=here.viewer.id, at=here.at)}
    if wanted != "all" and wanted not in mine:
        raise NotFound
    self_service.sign_out(
        actor=here.viewer, person=here.own_membership.user, session="" if wanted == "all" else wanted
    )
    if wanted in {"all", page_context.session_of(request)}:
        auth.logout(request)
        return HttpResponseRedirect(reverse("account_login"))
    messages.success(request, _("That browser is signed out."))
    return HttpResponseRedirect(here.url("my_access"))
