"""A page asks before colleagues are removed, and the receipt shows the progress."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from delegation import continuity
from delegation.activity import queries as activity_queries
from delegation.activity.events import EventView
from delegation.authorization.errors import Denied, LastAdmin, NotFound
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.people.commands import members as people_commands
from delegation.people.queries import VisibleMember
from portal.http import error_responses
from portal.http.request_context import Request
from portal.shell import components, page_context, page_model, polling, removal_retries
from portal.shell.page_context import PageContext
from portal.web.people import (
    detail,
    receipt,
    receipt_file,
    receipt_pdf,
    removal_context,
    removal_facts,
    selection,
)
from portal.web.people import resync as resyncs
from portal.web.people.forms import RemovalForm
from portal.wording import dates, refusals
from provisioning.accounts import queries as accounts_queries


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def remove(request: Request, page: PageContext, membership: uuid.UUID | None = None) -> HttpResponse:
    """GET asks, POST removes: one colleague, or the selected ones. Raises Denied and NotFound."""
    form = RemovalForm(request.POST if request.method == "POST" else None, initial=page.prepared_values)
    try:
        memberships = [membership] if membership else _selected(request, page)
        if request.method == "POST" and form.is_valid() and (act := _remove(page, memberships, form)):
            return HttpResponseRedirect(page.url("removal", act=act))
        members = selection.visible_people(page, memberships)
        leavers = [member for member in members if not member.former]
        _report_former(request, members)
        if not leavers:
            return HttpResponseRedirect(_former_url(page, members))
        page.require(Verb.MEMBER_REMOVE, [member.membership.id for member in leavers])
    except selection.UnusableSelection as reason:
        return selection.to_list(request, page, reason)
    except Denied as denied:
        if denied.data["reason"] != "own_membership":
            raise
        return _refuse_own_removal(request, page)
    except NotFound:
        if membership is None:
            raise
        return detail.redirect_to_receipt(page, membership)
    model = removal_context.removal_page(page, leavers, form, of=membership)
    return page_model.render(request, model)


def _selected(request: Request, page: PageContext) -> list[uuid.UUID]:
    """Return the selected colleagues. The form names each: a list that changed meanwhile adds none.

    Raises UnusableSelection.
    """
    parameters = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" or not selection.is_whole(parameters):
        return selection.named_people(parameters)
    chosen = selection.selected_people(page, request.GET, verb=Verb.MEMBER_REMOVE)
    selection.report_left_out(request, page, chosen)
    return chosen.ids


def _refuse_own_removal(request: Request, page: PageContext) -> HttpResponse:
    """Offer the only admin to choose a second one."""
    admins = continuity.working_admins(organization=page.organization_id, at=page.at)
    if components.only_admin(page, [admin.id for admin in admins]):
        link = page.url("second_admin"), _("Choose a second admin")
        text = _("You are the only admin. Nothing was changed. Choose a second admin first.")
    else:
        link = page.list_url, _("Back to people")
        text = str(refusals.OWN_ACCESS)
    return error_responses.refused(request, refusals.Sentence(text, 403), link=link)


def _remove(page: PageContext, memberships: Sequence[uuid.UUID], form: RemovalForm) -> uuid.UUID | None:
    """Return the id of the act; None where the command refused, with the refusal in the form.

    The command runs before any check of the page: a form that is sent again gets the stored outcome.
    Raises Denied and NotFound.
    """
    rows = people_queries.for_command(organization=page.organization_id, ids=memberships)
    key = form.cleaned_data["idempotency_key"]
    try:
        return people_commands.remove(
            actor=page.viewer, memberships=rows, reason=form.log_reason, idempotency_key=key
        ).act
    except LastAdmin:  # the page names the only admin and the next step
        form.add_error(None, _("No people were removed."))
    except Denied as denied:
        if denied.data["reason"] != "wrong_state":
            raise
        form.add_error(None, _("No people were removed: the data has changed. Check the page and try again."))
    return None


def _report_former(request: Request, members: Sequence[VisibleMember]) -> None:
    former = [member.membership.shown_name for member in members if member.former]
    if not former:
        return
    text = ngettext(
        "%(names)s has already been removed.", "%(names)s have already been removed.", len(former)
    )
    messages.info(request, text % {"names": dates.name_list(former, most=5)})


def _former_url(page: PageContext, members: Sequence[VisibleMember]) -> str:
    """Return the page of one former colleague; for several, the list of removed people."""
    if len(members) == 1:
        return page.url("person", membership=members[0].membership.id)
    return page.url("people") + "?who=former"


@require_safe
@page_context.organization_page
def progress(request: Request, page: PageContext, act: uuid.UUID) -> HttpResponse:
    """Show the progress of a removal in every system, and its receipt. Status 304 while nothing has changed."""
    events = _events(page, act)
    model = receipt.receipt_page(page, events, dates.Clock(page.at, page.zone))
    return polling.respond(request, model, content=receipt.polled_content(model))


@require_safe
@page_context.organization_page
def download(request: Request, page: PageContext, act: uuid.UUID) -> HttpResponse:
    """Answer with the receipt as a signed file, for readers of the receipt. Raises NotFound."""
    del request
    events = _events(page, act)
    return _file(events, receipt_file.signed_receipt(page, events), "json", "application/json")


@require_safe
@page_context.organization_page
def download_pdf(request: Request, page: PageContext, act: uuid.UUID) -> HttpResponse:
    """Answer with the receipt as PDF, the signed file in it, for readers of the receipt. Raises NotFound."""
    del request
    events, clock = _events(page, act), dates.Clock(page.at, page.zone)
    content = receipt_pdf.receipt_pdf(
        receipt.receipt_page(page, events, clock),
        organization=page.organization.name,
        signed=receipt_file.signed_receipt(page, events),
        at=page.at,
        clock=clock,
    )
    return _file(events, content, "pdf", "application/pdf")


def _file(events: Sequence[EventView], content: bytes, ending: str, content_type: str) -> HttpResponse:
    name = f"receipt-{removal_facts.number_of(events[0])}.{ending}"
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def resync(request: Request, page: PageContext, act: uuid.UUID) -> HttpResponse:
    """POST tries the systems again that have not confirmed; GET leads to the receipt. Raises Denied and NotFound."""
    _events(page, act)
    if request.method == "POST":
        waiting = accounts_queries.waiting_of_act(act=act)
        allowed = removal_retries.allowed(page, waiting)
        if not waiting:
            resyncs.report_nothing_to_resync(request)
        elif not allowed:
            page.require(Verb.ACCOUNT_RESYNC, waiting)
        else:
            resyncs.run(request, page, allowed, done=_("A new attempt was requested."))
    return HttpResponseRedirect(page.url("removal", act=act))


def _events(page: PageContext, act: uuid.UUID) -> Sequence[EventView]:
    """Return the events of a removal. Raises NotFound for another act, and where the reader may not see the receipt."""
    events = activity_queries.of_act(
        organization=page.organization_id, act=act, verb=Verb.MEMBER_REMOVE.value
    )
    if not events or not removal_facts.sees_receipt(page, events[0]):
        raise NotFound
    return events
