"""Invitations that wait: sent again, or cancelled after a question."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import NotFound, RateLimited
from delegation.authorization.verbs import Verb
from delegation.invitations import queries as invitations_queries
from delegation.invitations.commands import send as invitations_send
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.web.invitations import mail
from portal.web.people import list as people_list
from portal.web.people import pending_invitations
from portal.wording import dates, refusals


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def resend(request: Request, page: PageContext) -> HttpResponse:
    """Send an invitation again: `do` is `resend:<id>`. A page that is opened again is the list."""
    if request.method != "POST":
        return HttpResponseRedirect(page.url("people"))
    command, _colon, name = request.POST.get("do", "").partition(":")
    one = shell_forms.identifier(name)
    if command != "resend" or one is None:
        raise NotFound
    try:
        return _sent_again(request, page, one)
    except RateLimited as refusal:
        messages.warning(request, refusals.sentence_for(refusal).text)
        return HttpResponseRedirect(page.url("people"))


def _sent_again(request: Request, page: PageContext, one: uuid.UUID) -> HttpResponse:
    verb = Verb.INVITATION_RESEND
    found = invitations_queries.get(
        actor=page.viewer, verb=verb, organization=page.organization_id, at=page.at, invitation=one
    )
    if found is None:
        raise NotFound
    key = shell_forms.idempotency_key(request.POST.get("idempotency_key", ""), verb, one)
    outcome = invitations_send.resend(actor=page.viewer, invitation=found, idempotency_key=key)
    link = outcome.result.link
    return people_list.render_list(
        request,
        page,
        invitation_notice=mail.queue_invitation_mail(link=link, again=outcome.replayed, page=page),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def cancel(request: Request, page: PageContext, invitation: uuid.UUID) -> HttpResponse:
    """GET says what follows; POST cancels the invitation. One that is no longer open leads to the list."""
    verb, one = Verb.INVITATION_CANCEL, invitation
    found = invitations_queries.get(
        actor=page.viewer, verb=verb, organization=page.organization_id, at=page.at, invitation=one
    )
    if found is None:
        return _no_longer_open(request, page, invitation)
    if request.method != "POST":
        clock = dates.Clock(page.at, page.zone)
        model = pending_invitations.cancel_page(page, invitations_queries.view_of(found), clock)
        return page_model.render(request, model)
    invitations_send.cancel(actor=page.viewer, invitations=[found])
    messages.success(request, _("The invitation to %(email)s is cancelled.") % {"email": found.email})
    return HttpResponseRedirect(page.url("people"))


def _no_longer_open(request: Request, page: PageContext, one: uuid.UUID) -> HttpResponse:
    """Raises NotFound for one that this reader could never have cancelled."""
    if not invitations_queries.was_pending(
        actor=page.viewer, organization=page.organization_id, at=page.at, invitation=one
    ):
        raise NotFound
    messages.info(request, _("That invitation is no longer pending."))
    return HttpResponseRedirect(page.url("people"))
