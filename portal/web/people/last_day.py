"""A page plans, changes and cancels the last day of colleagues."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import (
    Denied,
    ExceedsAuthority,
    InvalidAccess,
    LastAdmin,
    NotFound,
    Unchanged,
)
from delegation.authorization.verbs import Verb
from delegation.departures import queries as departures_queries
from delegation.people import queries as people_queries
from delegation.people.commands import planned_removals
from delegation.people.queries import VisibleMember
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.web.people import detail, last_day_context, last_day_form, selection
from portal.web.people.last_day_form import LastDayForm
from portal.wording import dates, refusals


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def last_day(request: Request, page: PageContext, membership: uuid.UUID | None = None) -> HttpResponse:
    """GET asks, POST plans: for one colleague, or the selected ones. Raises Denied and NotFound."""
    try:
        memberships = [membership] if membership else _selected(request, page)
    except selection.UnusableSelection as reason:
        return selection.to_list(request, page, reason)
    members = [member for member in selection.visible_people(page, memberships) if not member.former]
    if not members:
        return HttpResponseRedirect(
            page.url("person", membership=membership) if membership else page.list_url
        )
    form = _form(request, page, members)
    if request.method == "POST" and form.is_valid() and _plan(page, members, form):
        _report(request, page, members, form)
        return HttpResponseRedirect(
            page.url("person", membership=membership) if membership else page.list_url
        )
    page.require(Verb.REMOVAL_PLAN, [member.membership.id for member in members])
    model = last_day_context.last_day_page(page, members, form, of=membership)
    return page_model.render(request, model)


def _selected(request: Request, page: PageContext) -> list[uuid.UUID]:
    """Return the selected colleagues; the form names each. Raises UnusableSelection."""
    parameters = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" or not selection.is_whole(parameters):
        return selection.named_people(parameters)
    chosen = selection.selected_people(page, request.GET, verb=Verb.REMOVAL_PLAN)
    selection.report_left_out(request, page, chosen)
    return chosen.ids


def _form(request: Request, page: PageContext, members: Sequence[VisibleMember]) -> LastDayForm:
    clock = dates.Clock(page.at, page.zone)
    plans = departures_queries.open_plans(memberships=[member.membership.id for member in members])
    instants = {plan.ends_at for plan in plans.values()}
    shown = instants.pop() if len(instants) == 1 else None
    return LastDayForm(
        request.POST if request.method == "POST" else None,
        zone=page.zone,
        at=page.at,
        initial=last_day_form.initial(shown, clock),
    )


def _plan(page: PageContext, members: Sequence[VisibleMember], form: LastDayForm) -> bool:
    """Return whether the plan stands; False with the refusal in the form. Raises Denied and NotFound."""
    ids = [member.membership.id for member in members]
    try:
        planned_removals.plan(
            actor=page.viewer,
            memberships=people_queries.for_command(organization=page.organization_id, ids=ids),
            ends_at=form.cleaned_data["ends_at"],
            reason=form.log_reason,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except Unchanged:
        return True
    except LastAdmin:  # the page names the only admin and the next step
        form.add_error(None, _("Nothing was planned."))
    except (InvalidAccess, ExceedsAuthority) as refusal:
        form.add_error("day", refusals.sentence_for(refusal).text)
    return not form.errors


def _report(request: Request, page: PageContext, members: Sequence[VisibleMember], form: LastDayForm) -> None:
    clock, ends_at = dates.Clock(page.at, page.zone), form.cleaned_data["ends_at"]
    text = ngettext(
        "%(names)s’s access ends on %(day)s at %(time)s.",
        "The access of %(names)s ends on %(day)s at %(time)s.",
        len(members),
    )
    names = dates.name_list([member.membership.user.name for member in members], most=5)
    messages.success(request, text % {"names": names, "day": clock.day(ends_at), "time": clock.time(ends_at)})


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def cancel(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """POST cancels the plan of one colleague; GET leads to the person. Raises Denied and NotFound."""
    member = detail.visible_member(page, membership)
    if request.method == "POST":
        sent = request.POST.get("idempotency_key", "")
        key = shell_forms.idempotency_key(sent, Verb.REMOVAL_CANCEL, membership)
        if key is None:
            raise NotFound
        _cancel(request, page, member, key)
    return HttpResponseRedirect(page.url("person", membership=membership))


def _cancel(request: Request, page: PageContext, member: VisibleMember, key: str) -> None:
    try:
        planned_removals.cancel(actor=page.viewer, memberships=[member.membership], idempotency_key=key)
    except Unchanged:
        messages.info(request, _("There is no plan to cancel."))
    except Denied as denied:
        if denied.data["reason"] != "wrong_state":
            raise
        messages.info(request, _("The access has ended already."))
    else:
        text = _("The plan is cancelled. %(name)s’s access goes on.")
        messages.success(request, text % {"name": member.membership.shown_name})
