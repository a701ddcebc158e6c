"""Invitations that wait: sent again, or cancelled after a question."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.commands import invitations
from delegation.errors import NotFound, TooOften
from delegation.queries import invited
from delegation.verbs import Verb
from portal import inside, sentences
from portal.inside import Here
from portal.requests import Request
from portal.web import formats, forms, letter, people
from portal.web.reading import waiting


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
    try:
        return _sent_again(request, here, one)
    except TooOften as refusal:
        messages.warning(request, sentences.of(refusal).text)
        return HttpResponseRedirect(here.url("people"))


def _sent_again(request: Request, here: Here, one: uuid.UUID) -> HttpResponse:
    verb = Verb.INVITATION_RESEND
    found = invited.one(actor=here.actor, verb=verb, organization=here.company, at=here.at, invitation=one)
    if found is None:
        raise NotFound
    once = forms.key(request.POST.get("once", ""), verb, one)
    outcome = invitations.resend(actor=here.actor, invitation=found, idempotency_key=once)
    link = outcome.result.link
    return people.shown(request, here, sent=letter.sent(link=link, again=outcome.again, here=here))


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def cancel(request: Request, here: Here, invitation: uuid.UUID) -> HttpResponse:
    """GET says what follows; POST cancels the invitation. One that is no longer open leads to the list."""
    verb, one = Verb.INVITATION_CANCEL, invitation
    found = invited.one(actor=here.actor, verb=verb, organization=here.company, at=here.at, invitation=one)
    if found is None:
        return _no_longer_open(request, here, invitation)
    if request.method != "POST":
        clock = formats.Clock(here.at, here.zone)
        return render(request, "people/cancel.html", waiting.cancelling(here, invited.read(found), clock))
    invitations.cancel(actor=here.actor, invitations=[found])
    messages.success(request, _("The invitation to %(email)s is cancelled.") % {"email": found.email})
    return HttpResponseRedirect(here.url("people"))


def _no_longer_open(request: Request, here: Here, one: uuid.UUID) -> HttpResponse:
    """Raises NotFound for one that this reader could never have cancelled."""
    if not invited.was_open(actor=here.actor, organization=here.company, at=here.at, invitation=one):
        raise NotFound
    messages.info(request, _("That invitation is no longer open."))
    return HttpResponseRedirect(here.url("people"))
