"""A colleague has a page, from which the accounts are resynced."""

import uuid

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.activity import queries as activity_queries
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.people.queries import VisibleMember
from portal.http.request_context import Request
from portal.shell import page_context, polling
from portal.shell.page_context import PageContext
from portal.web.people import detail_context, removal_facts
from portal.web.people import resync as resyncs
from portal.wording import dates


@require_safe
@page_context.organization_page
def person(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """Show a present or former colleague; lead to the receipt where the reader no longer sees them."""
    try:
        member = visible_member(page, membership)
    except NotFound:
        return redirect_to_receipt(page, membership)
    explanation = detail_context.explain_rights(page, member, dates.Clock(page.at, page.zone))
    model = detail_context.person_page(page, member, explanation)
    return polling.respond(request, model, content=detail_context.polled_content(model))


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def resync(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """POST resends the access to systems that are out of date, failed or retried; GET leads to the person."""
    member = visible_member(page, membership)
    if request.method == "POST":
        done = _("Sync started for %(name)s.") % {"name": member.membership.shown_name}
        resyncs.run(
            request, page, [membership], done=_("A new attempt was requested.") if member.former else done
        )
    return HttpResponseRedirect(page.url("person", membership=membership))


def visible_member(page: PageContext, membership: uuid.UUID) -> VisibleMember:
    """Return the colleague. Raises NotFound where the reader may not see this colleague."""
    return people_queries.get(
        actor=page.viewer, organization=page.organization_id, at=page.at, membership=membership
    )


def redirect_to_receipt(page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """Lead a reader who removed the colleague to the receipt. Raises NotFound for other readers."""
    event = activity_queries.latest(
        organization=page.organization_id, membership=membership, verb=Verb.MEMBER_REMOVE.value
    )
    if event is None or removal_facts.remover(event) != page.viewer.id:
        raise NotFound
    return HttpResponseRedirect(page.url("removal", act=event.act))
