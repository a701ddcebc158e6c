"""Removing colleagues: what will stop, the deed, how far it is, the receipt."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from delegation import policy
from delegation.commands import members
from delegation.errors import Denied, LastAdmin, NotFound
from delegation.queries import admins, colleagues, log
from delegation.queries.colleagues import Found
from delegation.verbs import Verb
from portal import failing, inside, sentences
from portal.inside import Here
from portal.requests import Request
from portal.web import formats, forms
from portal.web import person as person_page
from portal.web.reading import people, person, receipt, removal

MOST = 300


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def one(request: Request, here: Here, membership: uuid.UUID) -> HttpResponse:
    """Of one colleague."""
    back = here.url("person", membership=membership)
    try:
        return _remove(request, here, [membership], back_url=back)
    except NotFound:
        return person_page.to_receipt(here, membership)


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def several(request: Request, here: Here) -> HttpResponse:
    """Of those named by `m`, in the address or in the form: all of them or none."""
    named = request.POST if request.method == "POST" else request.GET
    wanted = forms.identifiers(named.getlist("m"))
    if not wanted or len(wanted) > MOST:
        raise NotFound
    return _remove(request, here, wanted, back_url=here.url("people"))


def _remove(request: Request, here: Here, wanted: Sequence[uuid.UUID], *, back_url: str) -> HttpResponse:
    try:
        return _removing(request, here, wanted, back_url=back_url)
    except Denied as denied:
        if denied.data["reason"] != "self":
            raise
        return _oneself(request, here)


def _oneself(request: Request, here: Here) -> HttpResponse:
    """Nobody removes themselves; the only admin first needs a second one."""
    if people.only_admin(here, [one.id for one in admins.working(organization=here.company, at=here.at)]):
        way = (here.url("invite") + "?tier=organization_admin", _("Invite a second admin"))
        said = _("You are the only admin. Nothing was changed. Invite a second one first.")
    else:
        way = here.url("people"), _("Back to people")
        said = _("You cannot remove yourself. Nothing was changed. Ask another admin.")
    return failing.refused(request, sentences.Sentence(said, 403), way=way)


def _removing(request: Request, here: Here, wanted: Sequence[uuid.UUID], *, back_url: str) -> HttpResponse:
    form = forms.Remove(request.POST if request.method == "POST" else None)
    done = _do(here, wanted, form) if request.method == "POST" and form.is_valid() else None
    if done is not None:
        return HttpResponseRedirect(here.url("removal", act=done))
    found = _found(here, wanted)
    leavers = [one for one in found if not one.former]
    _say_gone(request, found)
    if not leavers:
        return HttpResponseRedirect(_where_gone(here, found))
    _ask(here, leavers)
    context = removal.impact(here, leavers, form, formats.Clock(here.at, here.zone))
    label = leavers[0].membership.user.name if len(leavers) == 1 else _("People")
    where = {"remove_url": request.path, "back_url": back_url, "back_label": label}
    return render(request, "people/remove.html", {**context, **where})


def _do(here: Here, wanted: Sequence[uuid.UUID], form: forms.Remove) -> uuid.UUID | None:
    """The act; None where the page is shown again, with what is wrong.

    The command decides, also when the same form is sent again and they are gone already. Raises Denied and NotFound.
    """
    rows = colleagues.named(organization=here.company, ids=wanted)
    key = form.cleaned_data["once"]
    try:
        return members.remove(
            actor=here.actor, memberships=rows, reason=form.written, idempotency_key=key
        ).act
    except LastAdmin:  # the page says so, and the way out
        form.add_error(None, _("Nobody was removed."))
    except Denied as denied:
        if denied.data["reason"] != "state":
            raise
        form.add_error(None, _("Nobody was removed: this has changed meanwhile. Look at it again."))
    return None


def _found(here: Here, wanted: Sequence[uuid.UUID]) -> list[Found]:
    """Raises NotFound where one of them is not to be seen."""
    found = colleagues.ticked(actor=here.actor, organization=here.company, at=here.at, ids=wanted)
    if len(found) != len(wanted):
        raise NotFound
    return found


def _say_gone(request: Request, found: Sequence[Found]) -> None:
    gone = [one.membership.user.name for one in found if one.former]
    if not gone:
        return
    text = ngettext("%(names)s is removed already.", "%(names)s are removed already.", len(gone))
    messages.info(request, text % {"names": formats.listed(gone, most=5)})


def _where_gone(here: Here, found: Sequence[Found]) -> str:
    """The page of the one, with receipt and way back; for several, the list of those removed."""
    if len(found) == 1:
        return here.url("person", membership=found[0].membership.id)
    return here.url("people") + "?who=former"


def _ask(here: Here, leavers: Sequence[Found]) -> None:
    """Raises Denied where one may not be removed."""
    these = policy.MembershipIds([one.membership.id for one in leavers])
    may = policy.decide(actor=here.actor, verb=Verb.MEMBER_REMOVE, on=these, at=here.at)
    if not may:
        raise Denied(reason=may.reason)


@require_safe
@inside.inside
def progress(request: Request, here: Here, act: uuid.UUID) -> HttpResponse:
    """How far the systems are with a removal; the receipt. Status 304 while nothing new would be shown."""
    events = log.of_act(organization=here.company, act=act, verb=Verb.MEMBER_REMOVE.value)
    if not events or not person.sees_receipt(here, events[0]):
        raise NotFound
    context = receipt.context(here, events, formats.Clock(here.at, here.zone))
    etag = receipt.fingerprint(context, translation.get_language() or "")
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, "people/removal.html", context)
    response["ETag"] = etag
    return response
