"""The start page, opening a service from it, and the way to it."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delegation.errors import NotFound
from portal import failing, inside, sentences
from portal.inside import Here
from portal.requests import Request
from portal.web import formats
from portal.web.reading import home


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """To the start page of one's organization, the first by name where there are several."""
    mine = request.memberships if isinstance(request, Request) else []
    if not mine:
        text = _("You are no longer a colleague of any company here. Ask your company’s admin.")
        return failing.refused(request, sentences.Sentence(text, 403))
    return HttpResponseRedirect(inside.home_of(mine[0]))


@require_safe
@inside.inside
def start(request: Request, here: Here) -> HttpResponse:
    """Services, what waits, what happened."""
    clock = formats.Clock(here.at, here.zone)
    return render(request, "home/start.html", home.context(here, clock))


@require_safe
@inside.inside
def open_service(request: Request, here: Here, application: str) -> HttpResponse:
    """Ask the service to begin a sign-in with us, for this person and this organization (OpenID Connect Core §4)."""
    service = home.target(here, application)
    if service is None:
        raise NotFound
    asked = {"iss": settings.ISSUER, "login_hint": here.actor.id, "organization": here.organization.key}
    mark = "&" if "?" in service.initiate_login_uri else "?"
    return HttpResponseRedirect(f"{service.initiate_login_uri}{mark}{urlencode(asked)}")
