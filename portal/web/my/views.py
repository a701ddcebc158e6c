"""Readers see their own access and sessions here."""

from django.contrib import auth, messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.authorization.errors import NotFound
from delegation.people import sessions as people_sessions
from delegation.people.commands import self_service
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.signin.customers import ended_sessions
from portal.web.my import context
from portal.wording import dates


@require_safe
@page_context.organization_page
def access(request: Request, page: PageContext) -> HttpResponse:
    """Show the reader's own rights with their explanation, and browser sessions."""
    clock = dates.Clock(page.at, page.zone)
    model = context.my_access_page(page, page_context.session_of(request), clock)
    return page_model.render(request, model)


@require_safe
@page_context.organization_page
def sign_out(request: Request, page: PageContext) -> HttpResponse:
    """Ask before everything issued to the reader ends."""
    clock = dates.Clock(page.at, page.zone)
    return page_model.render(request, context.sign_out_page(page, page_context.session_of(request), clock))


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def sessions(request: Request, page: PageContext) -> HttpResponse:
    """POST ends one of the reader's browser sessions, or with `all` everything issued to the reader.

    GET, as from the history of a browser, leads to the page.
    """
    if request.method != "POST":
        return HttpResponseRedirect(page.url("my_access"))
    session = request.POST.get("session", "")
    own = {browser.key for browser in people_sessions.browser_sessions(user=page.viewer.id, at=page.at)}
    if session != "all" and session not in own:
        raise NotFound
    self_service.sign_out(
        actor=page.viewer, person=page.own_membership.user, session="" if session == "all" else session
    )
    if session in {"all", page_context.session_of(request)}:
        auth.logout(request)
        response = HttpResponseRedirect(reverse("account_login"))
        ended_sessions.remember(response, ended_sessions.by_person(everywhere=session == "all"))
        return response
    messages.success(request, _("The session is signed out."))
    return HttpResponseRedirect(page.url("my_access"))
