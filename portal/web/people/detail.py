"""The page of one colleague, and the repair of their accounts in other systems."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.activity import queries as activity_queries
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.people.queries import VisibleMember
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.web.people import detail_context
from portal.wording import dates, refusals
from provisioning.accounts import commands as accounts_commands
from provisioning.accounts.errors import NothingToResync


@require_safe
@page_context.organization_page
def person(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """The page of a colleague, present or former; the receipt where the reader removed them and no longer sees them."""
    try:
        member = visible_member(page, membership)
    except NotFound:
        return to_receipt(page, membership)
    why = detail_context.why(page, member, dates.Clock(page.at, page.zone))
    return page_model.render(request, detail_context.person_page(page, member, why))


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def resync(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """POST rewrites what differs or failed in other systems; GET leads to the person."""
    member = visible_member(page, membership)
    if request.method == "POST":
        try:
            accounts_commands.resync(actor=page.viewer, memberships=[member.membership])
        except NothingToResync as nothing:
            messages.info(request, refusals.sentence_for(nothing).text)
        else:
            messages.success(request, _("Sync started for %(name)s.") % {"name": member.membership.user.name})
    return HttpResponseRedirect(page.url("person", membership=membership))


def visible_member(page: PageContext, membership: uuid.UUID) -> VisibleMember:
    """Raises NotFound for a colleague the reader may not see."""
    return people_queries.get(
        actor=page.viewer, organization=page.organization_id, at=page.at, membership=membership
    )


def to_receipt(page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """For a reader who removed the colleague and may no longer see them. Raises NotFound for other readers."""
    event = activity_queries.latest(
        organization=page.organization_id, membership=membership, verb=Verb.MEMBER_REMOVE.value
    )
    if event is None or event.actor != page.viewer.id:
        raise NotFound
    return HttpResponseRedirect(page.url("removal", act=event.act))
