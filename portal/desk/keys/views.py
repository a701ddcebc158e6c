"""Operators see which keys are in use, and what a rotation changes; the server's command alone rotates."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from portal.desk import desk_page
from portal.desk.keys import context, wording
from portal.http.request_context import Request
from portal.shell import page_model
from portal.signin.staff.reader import StaffReader


@require_safe
@desk_page.desk_page(Verb.KEY_VIEW)
def listing(request: Request, reader: StaffReader) -> HttpResponse:
    """List the keys by purpose."""
    return page_model.render(request, context.list_page(reader.at))


@require_safe
@desk_page.desk_page(Verb.KEY_VIEW)
def rotation(request: Request, reader: StaffReader, purpose: str) -> HttpResponse:
    """Show what a rotation changes, and how it is done."""
    if purpose not in wording.PROTECTS:
        raise NotFound
    return page_model.render(request, context.rotation_page(purpose, reader.at))
