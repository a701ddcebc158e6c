"""One colleague: seen, changed, brought back."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import DomainError
from delegation import policy
from delegation.commands import access, members
from delegation.errors import Denied, NotFound, Unchanged
from delegation.queries import colleagues, gifts, log
from delegation.queries.colleagues import Found
from delegation.queries.gifts import Gifts
from delegation.verbs import Verb
from portal import failing, inside, sentences
from portal.inside import Here
from portal.requests import Request
from portal.web import formats, forms
from portal.web.reading import giving
from portal.web.reading import person as reading
from portal.web.reading.rights import Why
from provisioning import repairs
from provisioning.errors import NothingDiffers

Command = Callable[..., object]


@require_safe
@inside.inside
def person(request: Request, here: Here, membership: uuid.UUID) -> HttpResponse:
    """The page of a colleague, present or former; for whom one removed and no longer sees, the receipt."""
    try:
        found = found_here(here, membership)
    except NotFound:
        return to_receipt(here, membership)
    return render(request, "people/person.html", reading.context(here, found, _why(here, found)))


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def change(request: Request, here: Here, membership: uuid.UUID) -> HttpResponse:
    """GET shows the present access; POST with `do=preview` what would change; POST changes it."""
    try:
        found = found_here(here, membership)
    except NotFound:
        return to_receipt(here, membership)
    if found.former:  # the page says so, with the receipt and the way back
        return HttpResponseRedirect(here.url("person", membership=membership))
    why = _why(here, found)
    given = _gifts(here, Verb.ACCESS_CHANGE)
    form = _form(request, here, given, giving.initial(why.grants, gifts=given, clock=why.clock))
    done = _done(request, here, found, form, access.change, _("The access of %(name)s is changed."))
    if done is not None:
        return done
    _ask(here, membership, Verb.ACCESS_CHANGE)
    return _page(request, here, found, why, giving.changing(here, found, form, why))


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def restore(request: Request, here: Here, membership: uuid.UUID) -> HttpResponse:
    """The same for somebody who was removed, filled in with what was held: it is given anew or not at all."""
    found = found_here(here, membership)
    if not found.former:
        return HttpResponseRedirect(here.url("person", membership=membership))
    why = _why(here, found)
    had, in_words = reading.had(here, found, why)
    given = _gifts(here, Verb.MEMBER_RESTORE)
    form = _form(request, here, given, giving.initial_again(had, given, why.clock))
    done = _done(request, here, found, form, members.restore, _("%(name)s is a colleague again."))
    if done is not None:
        return done
    _ask(here, membership, Verb.MEMBER_RESTORE)
    return _page(request, here, found, why, giving.restoring(here, found, form, why, had=in_words))


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def put_right(request: Request, here: Here, membership: uuid.UUID) -> HttpResponse:
    """Have what differs or failed in other systems written anew; opened again, it is the person's page."""
    found = found_here(here, membership)
    if request.method == "POST":
        try:
            repairs.put_right(actor=here.actor, memberships=[found.membership])
        except NothingDiffers as nothing:
            messages.info(request, sentences.of(nothing).text)
        else:
            messages.success(request, _("The systems are being told again."))
    return HttpResponseRedirect(here.url("person", membership=membership))


def found_here(here: Here, membership: uuid.UUID) -> Found:
    """Raises NotFound for whom the reader may not see."""
    return colleagues.one(actor=here.actor, organization=here.company, at=here.at, membership=membership)


def to_receipt(here: Here, membership: uuid.UUID) -> HttpResponse:
    """Whoever removed a colleague may no longer see them, but still the receipt. Raises NotFound."""
    event = log.last(organization=here.company, membership=membership, verb=Verb.MEMBER_REMOVE.value)
    if event is None or event.actor != here.actor.id:
        raise NotFound
    return HttpResponseRedirect(here.url("removal", act=event.act))


def _ask(here: Here, membership: uuid.UUID, verb: Verb) -> None:
    """Raises Denied: nobody fills in a form that will be refused."""
    may = policy.decide(actor=here.actor, verb=verb, on=policy.MembershipIds([membership]), at=here.at)
    if not may:
        raise Denied(reason=may.reason)


def _why(here: Here, found: Found) -> Why:
    return reading.why(here, found, formats.Clock(here.at, here.zone))


def _gifts(here: Here, verb: Verb) -> Gifts:
    return gifts.of(actor=here.actor, verb=verb, organization=here.company, at=here.at)


def _form(request: Request, here: Here, given: Gifts, initial: Mapping[str, Any]) -> forms.Change:
    typed = request.POST if request.method == "POST" else None
    return forms.Change(typed, gifts=given, zone=here.zone, initial=dict(initial))


def _done(
    request: Request, here: Here, found: Found, form: forms.Change, command: Command, said: str
) -> HttpResponse | None:
    """What answers a deed that is done, or that would change nothing; None where the form is shown (again)."""
    if request.method != "POST" or request.POST.get("do") == "preview" or not form.is_valid():
        return None
    try:
        command(actor=here.actor, memberships=[found.membership], **form.asked)
    except Unchanged:
        said = _("Nothing was changed: %(name)s may do exactly this already.")
    except DomainError as refusal:
        form.refused(refusal)
        return None
    messages.success(request, said % {"name": found.membership.user.name})
    return HttpResponseRedirect(here.url("person", membership=found.membership.id))


def _page(request: Request, here: Here, found: Found, why: Why, panel: Mapping[str, Any]) -> HttpResponse:
    if request.POST.get("do") == "preview" and failing.asked_by_htmx(request):
        return render(request, "people/_effect.html", {"who": panel["first_name"], **panel})
    below = reading.context(here, found, why)
    return render(request, "people/access.html", {**below, **panel})
