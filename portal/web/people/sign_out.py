"""An admin signs out a colleague: a page asks first."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.people import sessions
from delegation.people.commands import members as people_commands
from delegation.people.queries import VisibleMember
from delegation.people.sessions import BrowserSession
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.web.people import detail, sign_out_context

_KEY_LENGTH = 64


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def sign_out(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """GET asks; POST ends one browser's sign-in to this organization, or without `session` all of the colleague's."""
    member = detail.visible_member(page, membership)
    person_url = page.url("person", membership=membership)
    if member.former:
        return HttpResponseRedirect(person_url)
    sent = (request.POST if request.method == "POST" else request.GET).get("session", "")
    if request.method == "POST":
        _sign_out(request, page, member, _identifier(sent))
        return HttpResponseRedirect(person_url)
    page.require(Verb.MEMBER_SIGN_OUT, [membership])
    browser = _open_session(page, membership, sent) if sent else None
    if sent and browser is None:
        messages.info(request, _("That session has already ended."))
        return HttpResponseRedirect(person_url)
    return page_model.render(request, sign_out_context.sign_out_page(page, member, browser))


def _sign_out(request: Request, page: PageContext, member: VisibleMember, sign_in: uuid.UUID | None) -> None:
    """Run the command and store the notice. Raises NotFound for a form that the page has not made."""
    names = {"name": member.membership.user.name}
    sent = request.POST.get("idempotency_key", "")
    key = shell_forms.idempotency_key(sent, Verb.MEMBER_SIGN_OUT, member.membership.id)
    if key is None or len(sent) > _KEY_LENGTH:
        raise NotFound
    try:
        people_commands.sign_out(
            actor=page.viewer, membership=member.membership, sign_in=sign_in, idempotency_key=key
        )
    except Unchanged:
        messages.info(request, _("That session has already ended."))
    else:
        messages.success(request, _("%(name)s is signed out.") % names)


def _identifier(sent: str) -> uuid.UUID | None:
    """Return the session's id; None for all. Raises NotFound for a text that is no id: it must not mean all."""
    identifier = shell_forms.identifier(sent)
    if sent and identifier is None:
        raise NotFound
    return identifier


def _open_session(page: PageContext, membership: uuid.UUID, sent: str) -> BrowserSession | None:
    browsers = sessions.sessions_with_services(membership=membership, at=page.at)
    return next((browser for browser in browsers if browser.key == sent), None)
