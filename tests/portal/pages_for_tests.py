"""The portal's addresses and a few pages that only tests have: behind the gate, failing, refusing."""

import json

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from audit.errors import Busy
from delegation.errors import Denied, NotFound
from identity.models import Organization
from portal import inputs, urls
from portal.requests import Request

handler400, handler403, handler404 = urls.handler400, urls.handler403, urls.handler404
handler429, handler500 = urls.handler429, urls.handler500


class Name(inputs.Form):
    """One field."""

    name = forms.CharField(max_length=20)
    note = forms.CharField(required=False, widget=forms.Textarea)


def inside(request: Request) -> HttpResponse:
    """A page behind the gate: what came, and who acts."""
    actor = request.actor
    return HttpResponse(
        json.dumps({"name": actor.label, "address": actor.address, "sent": request.POST.dict()})
    )


@login_not_required
def typed(request: HttpRequest) -> HttpResponse:
    """A form of ours."""
    form = Name(request.POST)
    return HttpResponse(json.dumps(form.errors.get_json_data()), status=200 if form.is_valid() else 422)


@login_not_required
def careless(request: HttpRequest) -> HttpResponse:
    """Hands on to the database whatever comes."""
    return HttpResponse(Organization.objects.filter(name=request.POST["name"]).count())


@login_not_required
def refuses(request: HttpRequest, what: str) -> HttpResponse:
    """Raises what it is asked for."""
    raise {"busy": Busy(seconds=1.2), "denied": Denied(reason="self"), "hidden": NotFound()}.get(
        what, RuntimeError(what)
    )


urlpatterns = [
    *urls.urlpatterns,
    path("test/inside/", inside),
    path("test/typed/", typed),
    path("test/careless/", careless),
    path("test/refuses/<str:what>/", refuses),
]
