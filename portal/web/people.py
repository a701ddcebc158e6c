"""The list of colleagues, what is ticked in it, and invitations that wait."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.commands import invitations
from delegation.errors import Denied, NotFound, TooOften
from delegation.models import Invitation
from delegation.queries import invited
from delegation.verbs import Verb
from portal import inside, inviting, sentences
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
    return render(request, "people/list.html", {**people.context(here, request.GET, _clock(here)), **also})


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


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def resend(request: Request, here: Here) -> HttpResponse:
    """Send an invitation again: `do` is `resend:<id>`. A page that is opened again is the list."""
    if request.method != "POST":
        return HttpResponseRedirect(here.url("people"))
    deed, _colon, name = request.POST.get("do", "").partition(":")
    one = forms.identifier(name)
    if deed != "resend" or one is None:
        raise NotFound
    found = _open(here, Verb.INVITATION_RESEND, one)
    once = forms.key(request.POST.get("once", ""), Verb.INVITATION_RESEND, one)
    try:
        outcome = invitations.resend(actor=here.actor, invitation=found, once=once)
    except TooOften as refusal:
        messages.warning(request, sentences.of(refusal).text)
        return HttpResponseRedirect(here.url("people"))
    return shown(request, here, sent=inviting.sent(outcome=outcome, here=here))


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def cancel(request: Request, here: Here, invitation: uuid.UUID) -> HttpResponse:
    """GET says what follows; POST withdraws the invitation. One that is no longer open leads to the list."""
    try:
        found = _open(here, Verb.INVITATION_CANCEL, invitation)
    except NotFound:
        known = invited.was_open(
            actor=here.actor, organization=here.company, at=here.at, invitation=invitation
        )
        if not known:
            raise
        messages.info(request, _("That invitation is no longer open."))
        return HttpResponseRedirect(here.url("people"))
    if request.method != "POST":
        return render(request, "people/cancel.html", people.cancelling(here, found, _clock(here)))
    invitations.cancel(actor=here.actor, invitations=[found])
    messages.success(request, _("The invitation to %(email)s is cancelled.") % {"email": found.email})
    return HttpResponseRedirect(here.url("people"))


def _open(here: Here, verb: Verb, one: uuid.UUID) -> Invitation:
    """Raises NotFound."""
    found = invited.one(actor=here.actor, verb=verb, organization=here.company, at=here.at, invitation=one)
    if found is None:
        raise NotFound
    return found


def _clock(here: Here) -> formats.Clock:
    return formats.Clock(here.at, here.zone)
