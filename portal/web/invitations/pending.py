"""A pending invitation can be sent again or cancelled."""

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
from portal.web.people import pending_invitations
from portal.wording import dates, refusals


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def resend(request: Request, page: PageContext) -> HttpResponse:
    """POST sends an invitation again: `do` is `resend:<id>`. GET leads to the list."""
    if request.method != "POST":
        return HttpResponseRedirect(page.list_url)
    command, _colon, name = request.POST.get("do", "").partition(":")
    invitation = shell_forms.identifier(name)
    if command != "resend" or invitation is None:
        raise NotFound
    try:
        return _resend(request, page, invitation)
    except RateLimited as refusal:
        messages.warning(request, refusals.sentence_for(refusal).text)
        return HttpResponseRedirect(page.list_url)


def _resend(request: Request, page: PageContext, invitation: uuid.UUID) -> HttpResponse:
    verb = Verb.INVITATION_RESEND
    row = invitations_queries.get(
        actor=page.viewer, verb=verb, organization=page.organization_id, at=page.at, invitation=invitation
    )
    if row is None:
        raise NotFound
    key = shell_forms.idempotency_key(request.POST.get("idempotency_key", ""), verb, invitation)
    outcome = invitations_send.resend(actor=page.viewer, invitation=row, idempotency_key=key)
    offers = mail.queue_for_links([outcome.result.link], at=page.at)
    messages.success(request, mail.sentence_for(offers))
    return HttpResponseRedirect(page.list_url)


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def cancel(request: Request, page: PageContext, invitation: uuid.UUID) -> HttpResponse:
    """GET asks; POST cancels the invitation. An invitation that is no longer pending leads to the list."""
    verb = Verb.INVITATION_CANCEL
    row = invitations_queries.get(
        actor=page.viewer, verb=verb, organization=page.organization_id, at=page.at, invitation=invitation
    )
    if row is None:
        return _no_longer_pending(request, page, invitation)
    if request.method != "POST":
        clock = dates.Clock(page.at, page.zone)
        model = pending_invitations.cancel_page(page, invitations_queries.view_of(row), clock)
        return page_model.render(request, model)
    invitations_send.cancel(actor=page.viewer, invitations=[row])
    messages.success(request, _("The invitation to %(email)s is cancelled.") % {"email": row.email})
    return HttpResponseRedirect(page.list_url)


def _no_longer_pending(request: Request, page: PageContext, invitation: uuid.UUID) -> HttpResponse:
    """Lead to the list with a notice. Raises NotFound where the reader could never have cancelled the invitation."""
    if not invitations_queries.was_pending(
        actor=page.viewer, organization=page.organization_id, at=page.at, invitation=invitation
    ):
        raise NotFound
    messages.info(request, _("That invitation is no longer pending."))
    return HttpResponseRedirect(page.list_url)
