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

from delegation import continuity
from delegation.activity import queries as activity_queries
from delegation.authorization import policy
from delegation.authorization.errors import Denied, LastAdmin, NotFound
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.people.commands import members as people_commands
from delegation.people.queries import VisibleMember
from portal.http import error_responses
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context
from portal.shell.page_context import PageContext
from portal.web.people import detail as person_page
from portal.web.people import detail_context, list_context, receipt, removal_context
from portal.web.people.forms import RemovalForm
from portal.wording import dates, refusals

MOST = 300


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def one(request: Request, here: PageContext, membership: uuid.UUID) -> HttpResponse:
    """Of one colleague."""
    back = here.url("person", membership=membership)
    try:
        return _remove(request, here, [membership], back_url=back)
    except NotFound:
        return person_page.to_receipt(here, membership)


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def several(request: Request, here: PageContext) -> HttpResponse:
    """Of those named by `m`, in the address or in the form: all of them or none."""
    named = request.POST if request.method == "POST" else request.GET
    wanted = shell_forms.identifiers(named.getlist("m"))
    if not wanted or len(wanted) > MOST:
        raise NotFound
    return _remove(request, here, wanted, back_url=here.url("people"))


def _remove(
    request: Request, here: PageContext, wanted: Sequence[uuid.UUID], *, back_url: str
) -> HttpResponse:
    try:
        return _removing(request, here, wanted, back_url=back_url)
    except Denied as denied:
        if denied.data["reason"] != "own_membership":
            raise
        return _oneself(request, here)


def _oneself(request: Request, here: PageContext) -> HttpResponse:
    """Nobody removes themselves; the only admin first needs a second one."""
    if list_context.only_admin(
        here, [one.id for one in continuity.working_admins(organization=here.organization_id, at=here.at)]
    ):
        way = (here.url("invite") + "?tier=organization_admin", _("Invite a second admin"))
        said = _("You are the only admin. Nothing was changed. Invite a second one first.")
    else:
        way = here.url("people"), _("Back to people")
        said = _("You cannot remove yourself. Nothing was changed. Ask another admin.")
    return error_responses.refused(request, refusals.Sentence(said, 403), link=way)


def _removing(
    request: Request, here: PageContext, wanted: Sequence[uuid.UUID], *, back_url: str
) -> HttpResponse:
    form = RemovalForm(request.POST if request.method == "POST" else None)
    done = _do(here, wanted, form) if request.method == "POST" and form.is_valid() else None
    if done is not None:
        return HttpResponseRedirect(here.url("removal", act=done))
    found = _found(here, wanted)
    leavers = [one for one in found if not one.former]
    _say_gone(request, found)
    if not leavers:
        return HttpResponseRedirect(_where_gone(here, found))
    _ask(here, leavers)
    context = removal_context.impact(here, leavers, form, dates.Clock(here.at, here.zone))
    label = leavers[0].membership.user.name if len(leavers) == 1 else _("People")
    where = {"remove_url": request.path, "back_url": back_url, "back_label": label}
    return render(request, "web/people/remove_confirm.html", {**context, **where})


def _do(here: PageContext, wanted: Sequence[uuid.UUID], form: RemovalForm) -> uuid.UUID | None:
    """The act; None where the page is shown again, with what is wrong.

    The command decides, also when the same form is sent again and they are gone already. Raises Denied and NotFound.
    """
    rows = people_queries.for_command(organization=here.organization_id, ids=wanted)
    key = form.cleaned_data["once"]
    try:
        return people_commands.remove(
            actor=here.viewer, memberships=rows, reason=form.log_reason, idempotency_key=key
        ).act
    except LastAdmin:  # the page says so, and the way out
        form.add_error(None, _("Nobody was removed."))
    except Denied as denied:
        if denied.data["reason"] != "wrong_state":
            raise
        form.add_error(None, _("Nobody was removed: this has changed meanwhile. Look at it again."))
    return None


def _found(here: PageContext, wanted: Sequence[uuid.UUID]) -> list[VisibleMember]:
    """Raises NotFound where one of them is not to be seen."""
    found = people_queries.visible(
        actor=here.viewer, organization=here.organization_id, at=here.at, ids=wanted
    )
    if len(found) != len(wanted):
        raise NotFound
    return found


def _say_gone(request: Request, found: Sequence[VisibleMember]) -> None:
    gone = [one.membership.user.name for one in found if one.former]
    if not gone:
        return
    text = ngettext("%(names)s is removed already.", "%(names)s are removed already.", len(gone))
    messages.info(request, text % {"names": dates.listed(gone, most=5)})


def _where_gone(here: PageContext, found: Sequence[VisibleMember]) -> str:
    """The page of the one, with receipt and way back; for several, the list of those removed."""
    if len(found) == 1:
        return here.url("person", membership=found[0].membership.id)
    return here.url("people") + "?who=former"


def _ask(here: PageContext, leavers: Sequence[VisibleMember]) -> None:
    """Raises Denied where one may not be removed."""
    these = policy.MembershipIds([one.membership.id for one in leavers])
    may = policy.decide(actor=here.viewer, verb=Verb.MEMBER_REMOVE, on=these, at=here.at)
    if not may:
        raise Denied(reason=may.reason)


@require_safe
@page_context.organization_page
def progress(request: Request, here: PageContext, act: uuid.UUID) -> HttpResponse:
    """How far the systems are with a removal; the receipt. Status 304 while nothing new would be shown."""
    events = activity_queries.of_act(
        organization=here.organization_id, act=act, verb=Verb.MEMBER_REMOVE.value
    )
    if not events or not detail_context.sees_receipt(here, events[0]):
        raise NotFound
    context = receipt.context(here, events, dates.Clock(here.at, here.zone))
    etag = receipt.fingerprint(context, translation.get_language() or "")
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, "web/people/removal_receipt.html", context)
    response["ETag"] = etag
    return response
