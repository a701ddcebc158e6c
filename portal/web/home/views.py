"""The start page, opening a service from it, and the way to it."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delegation.authorization.errors import NotFound
from portal.http import error_responses
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.web.home import context
from portal.wording import dates, refusals


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """To the start page of one's organization, the first by name where there are several."""
    mine = request.memberships if isinstance(request, Request) else []
    if not mine:
        text = _("You no longer belong to any company here. Contact your company’s admin.")
        return error_responses.refused(request, refusals.Sentence(text, 403))
    return HttpResponseRedirect(page_context.home_of(mine[0]))


@require_safe
@page_context.organization_page
def start(request: Request, page: PageContext) -> HttpResponse:
    """Services, what waits, what happened."""
    clock = dates.Clock(page.at, page.zone)
    return page_model.render(request, context.home_page(page, clock))


@require_safe
@page_context.organization_page
def open_service(request: Request, page: PageContext, application: str) -> HttpResponse:
    """Ask the service to begin a sign-in with us, for this person and this organization (OpenID Connect Core §4)."""
    service = context.target(page, application)
    if service is None:
        raise NotFound
    asked = {"iss": settings.ISSUER, "login_hint": page.viewer.id, "organization": page.organization.key}
    mark = "&" if "?" in service.initiate_login_uri else "?"
    return HttpResponseRedirect(f"{service.initiate_login_uri}{mark}{urlencode(asked)}")
