"""One's own access and one's own sessions."""

from django.contrib import auth, messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.commands import own
from delegation.errors import NotFound
from delegation.queries import signed_in
from portal import inside
from portal.inside import Here
from portal.requests import Request
from portal.web import formats
from portal.web.reading import me


@require_safe
@inside.inside
def access(request: Request, here: Here) -> HttpResponse:
    """What may I do, and why? Where am I signed in?"""
    clock = formats.Clock(here.at, here.zone)
    return render(request, "me/access.html", me.context(here, inside.session_of(request), clock))


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def sessions(request: Request, here: Here) -> HttpResponse:
    """End one of one's own browser sessions, or (`all`) everything that was ever issued to oneself.

    The address opened again, from the history of a browser, is the page.
    """
    if request.method != "POST":
        return HttpResponseRedirect(here.url("my_access"))
    wanted = request.POST.get("session", "")
    mine = {found.key for found in signed_in.browsers(user=here.actor.id, at=here.at)}
    if wanted != "all" and wanted not in mine:
        raise NotFound
    own.sign_out(actor=here.actor, person=here.membership.user, session="" if wanted == "all" else wanted)
    if wanted in {"all", inside.session_of(request)}:
        auth.logout(request)
        return HttpResponseRedirect(reverse("account_login"))
    messages.success(request, _("That browser is signed out."))
    return HttpResponseRedirect(here.url("my_access"))
