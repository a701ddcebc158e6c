"""The list of colleagues, and what is ticked in it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.errors import Denied
from delegation.verbs import Verb
from portal import inside
from portal.inside import Here
from portal.requests import Request
from portal.web import formats, forms
from portal.web.reading import people

_MOST = 300


@require_safe
@inside.inside
def listing(request: Request, here: Here) -> HttpResponse:
    """A page of it."""
    return shown(request, here)


def shown(request: HttpRequest, here: Here, **also: object) -> HttpResponse:
    """The list, and above it what has just been done. Raises Denied for who sees no colleagues."""
    if Verb.MEMBER_SEE not in here.verbs:
        raise Denied(reason="not_held")
    return render(
        request,
        "people/list.html",
        {**people.context(here, request.GET, formats.Clock(here.at, here.zone)), **also},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def select(request: Request, here: Here) -> HttpResponse:
    """From ticked rows to the page that says what would follow; nothing is done here."""
    if request.method != "POST":
        return HttpResponseRedirect(here.url("people"))
    ticked = forms.identifiers(request.POST.getlist("m"))[:_MOST]
    if not ticked or request.POST.get("do") != "remove":
        messages.warning(request, _("Nobody was selected. Tick the people first."))
        return HttpResponseRedirect(here.url("people"))
    asked = urlencode([("m", one) for one in ticked])
    return HttpResponseRedirect(f"{here.url('people_remove')}?{asked}")
