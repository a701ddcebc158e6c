"""These views show the start page, redirect to it, and open a service from it."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delegation.authorization.errors import NotFound
from delegation.invitations import queries as invitations_queries
from portal.http import error_responses
from portal.http.request_context import Request
from portal.shell import page_context, page_model, polling
from portal.shell.page_context import PageContext
from portal.web.home import choice, context
from portal.wording import dates, refusals


@require_safe
def root(request: Request) -> HttpResponse:
    """Lead to the start page of the reader's organization; ask for it where several are possible and none is chosen."""
    if not request.context.memberships:
        link = reverse("my_data"), _("See or download your data")
        return error_responses.refused(
            request, refusals.Sentence(_without_membership(request), 403), link=link
        )
    current = request.context.current_membership
    if current is None:
        return page_model.render(request, choice.choice_page(request))
    return HttpResponseRedirect(page_context.home_of(current))


def _without_membership(request: Request) -> str:
    actor = request.context.actor
    if actor.is_person and invitations_queries.awaits_acceptance(user=actor.id, at=request.context.now):
        return _("You have an invitation. To accept it, open the link in the mail.")
    return _("You do not have access to any organization here. Contact an admin of your organization.")


@require_safe
@page_context.organization_page
def start(request: Request, page: PageContext) -> HttpResponse:
    """Show services, tasks and the newest events."""
    model = context.home_page(page, dates.Clock(page.at, page.zone))
    return polling.respond(request, model, content=context.polled_content(model))


@require_safe
@page_context.organization_page
def open_service(request: Request, page: PageContext, application: str) -> HttpResponse:
    """Ask the service to start a sign-in for this person and this organization (OpenID Connect Core §4)."""
    service = context.openable_service(page, application)
    if service is None:
        raise NotFound
    parameters = {"iss": settings.ISSUER, "login_hint": page.viewer.id, "organization": page.organization.key}
    separator = "&" if "?" in service.initiate_login_uri else "?"
    return HttpResponseRedirect(f"{service.initiate_login_uri}{separator}{urlencode(parameters)}")
