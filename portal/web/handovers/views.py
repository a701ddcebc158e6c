"""An admin chooses a successor, who accepts; then the admin completes the handover in one act."""

import uuid

from django.contrib import auth, messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.foundation.errors import Busy, DomainError
from delegation import continuity
from delegation.authorization.errors import Denied, HandoverOver, NotFound
from delegation.handovers import commands, queries
from delegation.handovers.queries import HandoverView
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, page_model, query_string
from portal.shell.page_context import PageContext
from portal.signin.customers import rate_limits
from portal.web.handovers import context, handover_mails
from portal.web.handovers.forms import ACCEPT, LEAVE, NEW, AnswerForm, FateForm, SuccessorForm
from portal.web.invitations import mail as invitation_mail
from portal.wording import refusals, retry_after

_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@page_context.organization_page
def overview(request: Request, page: PageContext) -> HttpResponse:
    """GET shows the reader's handovers; POST begins one. Raises Denied for a reader who had none and is no admin."""
    running = queries.of_person(organization=page.organization_id, user=page.viewer.id, at=page.at)
    chooses = _is_admin(page) and not any(one.giver.user_id == page.viewer.id for one in running)
    ended = queries.ended_of_person(organization=page.organization_id, user=page.viewer.id, at=page.at)
    if not running and not chooses and not ended:
        raise Denied(reason="no_permission")
    text = query_string.text(request.GET, "q")
    is_post = request.method == "POST" and chooses
    sent = request.POST.get("successor", "") if is_post else ""
    form = SuccessorForm(
        request.POST if is_post else None, people=[sent] if shell_forms.identifier(sent) else ()
    )
    if is_post and form.is_valid() and _open(request, page, form):
        return HttpResponseRedirect(page.url("handover"))
    model = context.overview_page(page, running, ended, chooses=chooses, text=text, form=form)
    return page_model.render(request, model)


def _is_admin(page: PageContext) -> bool:
    admins = continuity.working_admins(organization=page.organization_id, at=page.at)
    return any(page.is_own(one.id) for one in admins)


def _open(request: Request, page: PageContext, form: SuccessorForm) -> bool:
    """Run the command and queue the mail; False with the refusal in the form."""
    taken = rate_limits.take((rate_limits.ADMIN_MESSAGES, str(page.viewer.id)))
    if taken.wait:
        form.add_error(None, retry_after.retry_after(taken.wait))
        return False
    try:
        _begin(page, form)
    except Busy:
        taken.give_back()
        raise
    except DomainError as refusal:
        taken.give_back()
        field = "email" if form.cleaned_data["successor"] == NEW else "successor"
        form.add_error(field, refusals.sentence_for(refusal).text)
        return False
    messages.success(request, _("The handover has begun. Nothing has changed yet."))
    return True


def _begin(page: PageContext, form: SuccessorForm) -> None:
    data = form.cleaned_data
    giver = queries.member(organization=page.organization_id, membership=page.own_membership.id)
    key = data["idempotency_key"]
    if data["successor"] == NEW:
        opened = commands.open_for_address(
            actor=page.viewer,
            giver=giver,
            email=data["email"],
            language=page.own_membership.user.language,
            idempotency_key=key,
        )
        if opened.result.link:
            invitation_mail.queue_for_links([opened.result.link], at=page.at)
        return
    successor = queries.member(organization=page.organization_id, membership=uuid.UUID(data["successor"]))
    opened = commands.open_handover(actor=page.viewer, giver=giver, successor=successor, idempotency_key=key)
    if not opened.replayed:
        handover_mails.queue_opened(page, opened.result.handover)


@require_http_methods(_METHODS)
@page_context.organization_page
def answer(request: Request, page: PageContext, handover: uuid.UUID) -> HttpResponse:
    """POST accepts, declines or cancels. GET, and a POST without a step, lead to the page; so does one that is over."""
    try:
        view = queries.get(
            organization=page.organization_id, handover=handover, user=page.viewer.id, at=page.at
        )
    except NotFound:
        return _over(request, page, handover)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        command = commands.accept if form.cleaned_data["step"] == ACCEPT else commands.close
        key = shell_forms.idempotency_key(form.cleaned_data["idempotency_key"], form.cleaned_data["step"])
        try:
            outcome = command(actor=page.viewer, handover=view.row, idempotency_key=key)
        except Busy:
            raise
        except DomainError as refusal:
            messages.info(request, refusals.sentence_for(refusal).text)
        else:
            if not outcome.replayed:
                handover_mails.queue_answered(page, view, accepted=command is commands.accept)
            _confirm(request, accepted=command is commands.accept)
    target = page.url("home") if _has_none(page) else page.url("handover")
    return HttpResponseRedirect(target)


def _over(request: Request, page: PageContext, handover: uuid.UUID) -> HttpResponse:
    """Lead the giver and the successor to what became of it, for mails have the address. Raises NotFound for others."""
    asked = {"organization": page.organization_id, "handover": handover, "user": page.viewer.id}
    if not queries.is_over(**asked, at=page.at):
        raise NotFound
    if request.method == "POST" and not queries.is_closed_by(**asked):  # else it is the same step again
        messages.info(request, refusals.sentence_for(HandoverOver()).text)
    return HttpResponseRedirect(page.url("handover"))


def _confirm(request: Request, *, accepted: bool) -> None:
    text = (
        _("You have accepted. Nothing has changed yet.")
        if accepted
        else _("The handover is ended. Nothing has changed.")
    )
    messages.success(request, text)


def _has_none(page: PageContext) -> bool:
    running = queries.of_person(organization=page.organization_id, user=page.viewer.id, at=page.at)
    return not running and not _is_admin(page)


@require_http_methods(_METHODS)
@page_context.organization_page
def complete(request: Request, page: PageContext, handover: uuid.UUID) -> HttpResponse:
    """GET asks what becomes of the giver; POST completes the handover. One that is over leads to what became of it.

    Raises NotFound for everyone but the giver.
    """
    try:
        view = queries.get_given(
            organization=page.organization_id, handover=handover, user=page.viewer.id, at=page.at
        )
    except NotFound:
        return _over(request, page, handover)
    tiers = queries.stays(view, at=page.at)
    form = FateForm(request.POST if request.method == "POST" else None, tiers=tiers)
    if request.method != "POST" or not form.is_valid() or not _completes(page, view, form):
        return page_model.render(request, context.complete_page(page, view, form, tiers))
    handover_mails.queue_completed(view)
    if form.cleaned_data["fate"] == LEAVE:
        auth.logout(request)
        return HttpResponseRedirect(reverse("account_login"))
    messages.success(request, _("%(name)s is the admin now.") % {"name": view.successor_name})
    return HttpResponseRedirect(page.url("home"))


def _completes(page: PageContext, view: HandoverView, form: FateForm) -> bool:
    fate = form.cleaned_data["fate"]
    try:
        commands.complete(
            actor=page.viewer,
            handover=view.row,
            stay_as="" if fate == LEAVE else fate,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except Busy:
        raise
    except DomainError as refusal:
        form.add_error(None, refusals.sentence_for(refusal).text)
        return False
    return True
