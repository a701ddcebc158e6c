"""The list of colleagues, what is ticked in it, and invitations that wait."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from delegation.commands import invitations
from delegation.errors import Denied, NotFound, TooOften
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
    clock = formats.Clock(here.at, here.zone)
    return render(request, "people/list.html", {**people.context(here, request.GET, clock), **also})


@require_POST
@inside.inside
def select(request: Request, here: Here) -> HttpResponse:
    """From ticked rows to the page that says what would follow; nothing is done here."""
    ticked = forms.identifiers(request.POST.getlist("m"))[:_MOST]
    if not ticked or request.POST.get("do") != "remove":
        messages.warning(request, _("Nobody was selected. Tick the people first."))
        return HttpResponseRedirect(here.url("people"))
    asked = urlencode([("m", one) for one in ticked])
    return HttpResponseRedirect(f"{here.url('people_remove')}?{asked}")


@require_POST
@inside.inside
def waiting(request: Request, here: Here) -> HttpResponse:
    """Send an invitation again, or cancel it: `do` is `resend:<id>`, `renew:<id>` or `cancel:<id>`."""
    deed, _colon, name = request.POST.get("do", "").partition(":")
    verb = {
        "cancel": Verb.INVITATION_CANCEL,
        "resend": Verb.INVITATION_RESEND,
        "renew": Verb.INVITATION_RESEND,
    }
    one = forms.identifier(name)
    if deed not in verb or one is None:
        raise NotFound
    return _done(request, here, verb[deed], one)


def _done(request: Request, here: Here, verb: Verb, one: uuid.UUID) -> HttpResponse:
    found = invited.one(actor=here.actor, verb=verb, organization=here.company, at=here.at, invitation=one)
    if found is None:
        raise NotFound
    once = forms.key(request.POST.get("once", ""), verb, one)
    if verb is Verb.INVITATION_CANCEL:
        invitations.cancel(actor=here.actor, invitations=[found], once=once)
        messages.success(request, _("The invitation to %(email)s is cancelled.") % {"email": found.email})
        return HttpResponseRedirect(here.url("people"))
    try:
        outcome = invitations.resend(actor=here.actor, invitation=found, once=once)
    except TooOften as refusal:
        messages.warning(request, sentences.of(refusal).text)
        return HttpResponseRedirect(here.url("people"))
    return shown(request, here, sent=inviting.sent(outcome=outcome, here=here))
