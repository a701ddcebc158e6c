"""Account managers and senior support suspend a customer, and resume it."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import AlreadySuspended, Denied, InvalidAccess, NotSuspended
from delegation.authorization.verbs import Verb
from delegation.staff.readings import Reading
from delegation.suspensions import commands, queries
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.suspensions import context
from portal.desk.suspensions.forms import ResumeForm, SuspendForm
from portal.http.request_context import Request
from portal.shell import page_model, suspension_mails
from portal.shell.page_context import PageContext
from portal.wording import refusals


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.ORGANIZATION_SUSPEND, reading=Reading.ORGANIZATION)
def suspend(request: Request, found: OrganizationPage) -> HttpResponse:
    """GET shows what ends and asks why; POST suspends the customer."""
    page = found.page
    _require_whole(found, Verb.ORGANIZATION_SUSPEND)
    form = SuspendForm(request.POST if request.method == "POST" else None, page=page)
    if request.method != "POST" or not form.is_valid() or not _suspend(request, page, form):
        return page_model.render(request, context.suspend_page(page, form))
    return HttpResponseRedirect(page.url("staff_organization"))


def _suspend(request: Request, page: PageContext, form: SuspendForm) -> bool:
    """Run the command and leave a message; False for an end that is past by now, which the form then says."""
    data = form.cleaned_data
    try:
        done = commands.suspend(
            actor=page.viewer,
            organization=page.organization.row,
            reason=data["reason"],
            resume_at=data["until"],
            note=data["note"],
            idempotency_key=data["idempotency_key"],
        )
    except InvalidAccess as refusal:
        form.add_error("until", refusals.sentence_for(refusal).text)
        return False
    except AlreadySuspended:
        messages.info(request, _("%(customer)s is suspended already.") % {"customer": page.organization.name})
    else:
        present = queries.present(organization=page.organization_id)
        if present is not None and not done.replayed:
            suspension_mails.queue_suspended(present)
        messages.success(request, _("%(customer)s is suspended.") % {"customer": page.organization.name})
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.ORGANIZATION_RESUME, reading=Reading.ORGANIZATION)
def resume(request: Request, found: OrganizationPage) -> HttpResponse:
    """GET shows what works again; POST resumes the customer."""
    page, form = found.page, ResumeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _resume(request, page, form):
        return HttpResponseRedirect(page.url("staff_organization"))
    suspension = queries.present(organization=page.organization_id)
    if suspension is None:
        messages.info(request, _not_suspended(page))
        return HttpResponseRedirect(page.url("staff_organization"))
    if suspension.by != found.reader.actor.id:
        _require_whole(found, Verb.ORGANIZATION_RESUME)
    return page_model.render(request, context.resume_page(page, suspension, form))


def _require_whole(found: OrganizationPage, verb: Verb) -> None:
    """Raise Denied for a reader whose rights are for some of the customer's business units alone."""
    if not found.covers_whole(verb):
        raise Denied(reason="no_permission")


def _resume(request: Request, page: PageContext, form: ResumeForm) -> bool:
    """Run the command and leave a message; False where another suspension holds by now, or the reader may not end it.

    A colleague, or the time, may have been first.
    """
    data = form.cleaned_data
    try:
        done = commands.resume(
            actor=page.viewer,
            organization=page.organization.row,
            suspension=data["suspension"],
            note=data["note"],
            idempotency_key=data["idempotency_key"],
        )
    except Denied:
        form.add_error(None, _("Who suspended it can resume it, or staff for all its business units."))
        return False
    except NotSuspended:
        if queries.present(organization=page.organization_id):
            form.add_error(None, _("This customer was suspended again. Read why before you resume it."))
            return False
        messages.info(request, _not_suspended(page))
    else:
        if not done.replayed:
            suspension_mails.queue_resumed(page.organization_id, data["suspension"])
        text = _("%(customer)s is resumed. Its people can sign in again.")
        messages.success(request, text % {"customer": page.organization.name})
    return True


def _not_suspended(page: PageContext) -> str:
    return _("%(customer)s is not suspended.") % {"customer": page.organization.name}
