"""One colleague: seen, changed, brought back."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import DomainError
from delegation.access import assignable
from delegation.access import commands as access_commands
from delegation.access.assignable import AssignableOptions
from delegation.activity import queries as activity_queries
from delegation.authorization import policy
from delegation.authorization.errors import Denied, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.people.commands import members as people_commands
from delegation.people.queries import VisibleMember
from portal.http import error_responses
from portal.http.request_context import Request
from portal.shell import page_context
from portal.shell.page_context import PageContext
from portal.web.access import form_context
from portal.web.access.explanation import Why
from portal.web.access.forms import AccessForm
from portal.web.people import detail_context as reading
from portal.wording import dates, refusals
from provisioning.accounts import commands as accounts_commands
from provisioning.accounts.errors import NothingToResync

Command = Callable[..., object]


@require_safe
@page_context.organization_page
def person(request: Request, here: PageContext, membership: uuid.UUID) -> HttpResponse:
    """The page of a colleague, present or former; for whom one removed and no longer sees, the receipt."""
    try:
        found = found_here(here, membership)
    except NotFound:
        return to_receipt(here, membership)
    return render(request, "web/people/detail.html", reading.context(here, found, _why(here, found)))


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def change(request: Request, here: PageContext, membership: uuid.UUID) -> HttpResponse:
    """GET shows the present access; POST with `do=preview` what would change; POST changes it."""
    try:
        found = found_here(here, membership)
    except NotFound:
        return to_receipt(here, membership)
    if found.former:  # the page says so, with the receipt and the way back
        return HttpResponseRedirect(here.url("person", membership=membership))
    why = _why(here, found)
    given = _gifts(here, Verb.ACCESS_CHANGE)
    form = _form(request, here, given, form_context.initial(why.grants, gifts=given, clock=why.clock))
    done = _done(request, here, found, form, access_commands.change, _("The access of %(name)s is changed."))
    if done is not None:
        return done
    _ask(here, membership, Verb.ACCESS_CHANGE)
    return _page(request, here, found, why, form_context.changing(here, found, form, why))


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def restore(request: Request, here: PageContext, membership: uuid.UUID) -> HttpResponse:
    """The same for somebody who was removed, filled in with what was held: it is given anew or not at all."""
    found = found_here(here, membership)
    if not found.former:
        return HttpResponseRedirect(here.url("person", membership=membership))
    why = _why(here, found)
    had, in_words = reading.had(here, found, why)
    given = _gifts(here, Verb.MEMBER_RESTORE)
    form = _form(request, here, given, form_context.initial_again(had, given, why.clock))
    done = _done(request, here, found, form, people_commands.restore, _("%(name)s is a colleague again."))
    if done is not None:
        return done
    _ask(here, membership, Verb.MEMBER_RESTORE)
    return _page(request, here, found, why, form_context.restoring(here, found, form, why, had=in_words))


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def resync(request: Request, here: PageContext, membership: uuid.UUID) -> HttpResponse:
    """Have what differs or failed in other systems written anew; opened again, it is the person's page."""
    found = found_here(here, membership)
    if request.method == "POST":
        try:
            accounts_commands.resync(actor=here.viewer, memberships=[found.membership])
        except NothingToResync as nothing:
            messages.info(request, refusals.sentence_for(nothing).text)
        else:
            messages.success(request, _("The systems are being told again."))
    return HttpResponseRedirect(here.url("person", membership=membership))


def found_here(here: PageContext, membership: uuid.UUID) -> VisibleMember:
    """Raises NotFound for whom the reader may not see."""
    return people_queries.get(
        actor=here.viewer, organization=here.organization_id, at=here.at, membership=membership
    )


def to_receipt(here: PageContext, membership: uuid.UUID) -> HttpResponse:
    """Whoever removed a colleague may no longer see them, but still the receipt. Raises NotFound."""
    event = activity_queries.latest(
        organization=here.organization_id, membership=membership, verb=Verb.MEMBER_REMOVE.value
    )
    if event is None or event.actor != here.viewer.id:
        raise NotFound
    return HttpResponseRedirect(here.url("removal", act=event.act))


def _ask(here: PageContext, membership: uuid.UUID, verb: Verb) -> None:
    """Raises Denied: nobody fills in a form that will be refused."""
    may = policy.decide(actor=here.viewer, verb=verb, on=policy.MembershipIds([membership]), at=here.at)
    if not may:
        raise Denied(reason=may.reason)


def _why(here: PageContext, found: VisibleMember) -> Why:
    return reading.why(here, found, dates.Clock(here.at, here.zone))


def _gifts(here: PageContext, verb: Verb) -> AssignableOptions:
    return assignable.assignable_options(
        actor=here.viewer, verb=verb, organization=here.organization_id, at=here.at
    )


def _form(
    request: Request, here: PageContext, given: AssignableOptions, initial: Mapping[str, Any]
) -> AccessForm:
    typed = request.POST if request.method == "POST" else None
    return AccessForm(typed, options=given, zone=here.zone, initial=dict(initial))


def _done(
    request: Request,
    here: PageContext,
    found: VisibleMember,
    form: AccessForm,
    command: Command,
    said: str,
) -> HttpResponse | None:
    """What answers a deed that is done, or that would change nothing; None where the form is shown (again)."""
    if request.method != "POST" or request.POST.get("do") == "preview" or not form.is_valid():
        return None
    try:
        command(actor=here.viewer, memberships=[found.membership], **form.command_arguments)
    except Unchanged:
        said = _("Nothing was changed: %(name)s may do exactly this already.")
    except DomainError as refusal:
        form.add_refusal(refusal)
        return None
    messages.success(request, said % {"name": found.membership.user.name})
    return HttpResponseRedirect(here.url("person", membership=found.membership.id))


def _page(
    request: Request, here: PageContext, found: VisibleMember, why: Why, panel: Mapping[str, Any]
) -> HttpResponse:
    if request.POST.get("do") == "preview" and error_responses.is_htmx(request):
        return render(request, "web/access/_preview.html", {"who": panel["first_name"], **panel})
    below = reading.context(here, found, why)
    return render(request, "web/access/change.html", {**below, **panel})
