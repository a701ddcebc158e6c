"""One colleague: seen, changed, brought back."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import DomainError
from delegation import policy
from delegation.commands import access, members
from delegation.errors import Denied
from delegation.queries import colleagues, gifts, held
from delegation.queries.colleagues import Found
from delegation.queries.held import Grant
from delegation.verbs import Verb
from portal import inside
from portal.inside import Here
from portal.requests import Request
from portal.web import formats, forms
from portal.web.reading import giving
from portal.web.reading import person as reading


@require_safe
@inside.inside
def person(request: Request, here: Here, membership: uuid.UUID) -> HttpResponse:
    """The page of a colleague, present or former."""
    found = _found(here, membership)
    return render(request, "people/person.html", reading.context(here, found, _clock(here)))


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def change(request: Request, here: Here, membership: uuid.UUID) -> HttpResponse:
    """GET shows the present access; POST with `do=preview` what would change; POST changes it."""
    found = _found(here, membership)
    grants = held.grants(memberships=[membership], at=here.at).get(membership, [])
    form = _form(request, here, Verb.ACCESS_CHANGE, grants)
    if _is_deed(request) and form.is_valid():
        try:
            access.change(memberships=[found.membership], **_asked(here, form))
        except DomainError as refusal:
            form.refused(refusal)
        else:
            return _done(request, here, found, _("The access of %(name)s is changed."))
    _ask(here, membership, Verb.ACCESS_CHANGE)
    return _page(request, here, found, form, grants)


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def restore(request: Request, here: Here, membership: uuid.UUID) -> HttpResponse:
    """The same for somebody who was removed: nothing that was issued before comes back."""
    found = _found(here, membership)
    form = _form(request, here, Verb.MEMBER_RESTORE, ())
    if _is_deed(request) and form.is_valid():
        try:
            members.restore(memberships=[found.membership], **_asked(here, form))
        except DomainError as refusal:
            form.refused(refusal)
        else:
            return _done(request, here, found, _("%(name)s is a colleague again."))
    _ask(here, membership, Verb.MEMBER_RESTORE)
    return _page(request, here, found, form, (), restoring=True)


def _found(here: Here, membership: uuid.UUID) -> Found:
    """Raises NotFound for whom the reader may not see."""
    return colleagues.one(actor=here.actor, organization=here.company, at=here.at, membership=membership)


def _ask(here: Here, membership: uuid.UUID, verb: Verb) -> None:
    """Raises Denied: nobody fills in a form that will be refused."""
    may = policy.on_memberships(actor=here.actor, verb=verb, memberships=[membership], at=here.at)
    if not may:
        raise Denied(reason=may.reason)


def _clock(here: Here) -> formats.Clock:
    return formats.Clock(here.at, here.zone)


def _is_deed(request: Request) -> bool:
    return request.method == "POST" and request.POST.get("do") != "preview"


def _form(request: Request, here: Here, verb: Verb, grants: Sequence[Grant]) -> forms.Change:
    until = giving.until_typed(grants[-1].valid_until, _clock(here)) if grants else ""
    return forms.Change(
        request.POST if request.method == "POST" else None,
        gifts=gifts.of(actor=here.actor, verb=verb, organization=here.company, at=here.at),
        zone=here.zone,
        initial=giving.initial(grants, until=until),
    )


def _asked(here: Here, form: forms.Change) -> dict[str, Any]:
    data = form.cleaned_data
    return {"actor": here.actor, "access": form.access, "reason": data["reason"], "once": data["once"]}


def _done(request: Request, here: Here, found: Found, said: str) -> HttpResponse:
    messages.success(request, said % {"name": found.membership.user.name})
    return HttpResponseRedirect(here.url("person", membership=found.membership.id))


def _page(
    request: Request,
    here: Here,
    found: Found,
    form: forms.Change,
    grants: Sequence[Grant],
    *,
    restoring: bool = False,
) -> HttpResponse:
    below = reading.context(here, found, _clock(here))
    panel = giving.panel(here, found, form, grants, restoring=restoring)
    return render(request, "people/access.html", {**below, **panel})
