"""Any colleague sees who the admins are, and asks them by a message that the portal mails."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy
from delegation.absence_claims import commands, queries
from delegation.absence_claims.queries import AdminContact
from portal.http import error_pages
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.signin.customers import rate_limits
from portal.web.admins import context, mails
from portal.web.admins.forms import AskForm


@require_safe
@page_context.organization_page
def listing(request: Request, page: PageContext) -> HttpResponse:
    """Show who can change the reader's access."""
    return page_model.render(request, context.my_admins_page(page))


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def ask(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """GET asks for a message; POST mails it to this admin. Raises NotFound for a member who is no admin."""
    admin = queries.admin_of(
        organization=page.organization_id, user=page.viewer.id, admin=membership, at=page.at
    )
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, context.ask_page(page, admin, form))
    taken = rate_limits.take((rate_limits.ADMIN_MESSAGES, str(page.viewer.id)))
    if taken.wait:
        return error_pages.too_many(request, seconds=taken.wait)
    try:
        is_new = _ask(page, admin, form)
    except Busy:
        taken.give_back()
        raise
    if not is_new:
        taken.give_back()
    messages.success(request, _("Your message to %(name)s is being sent.") % {"name": admin.name})
    return HttpResponseRedirect(page.url("my_admins"))


def _ask(page: PageContext, admin: AdminContact, form: AskForm) -> bool:
    """Run the command and queue the mail; False for a request that was sent again."""
    message = form.cleaned_data["message"]
    outcome = commands.ask(
        actor=page.viewer,
        admin=admin.row,
        message=message,
        idempotency_key=form.cleaned_data["idempotency_key"],
    )
    if not outcome.replayed:
        mails.queue_question(page, admin, message)
    return not outcome.replayed
