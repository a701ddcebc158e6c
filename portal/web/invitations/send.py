"""Inviting a colleague, in a panel over the list."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.foundation.errors import DomainError
from delegation.access import assignable
from delegation.authorization.errors import AlreadyInvited, AlreadyMember, Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.invitations.commands import send as invitations_send
from delegation.people import queries as people_queries
from portal.http import error_responses
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.web.access import choices, preview
from portal.web.access.choices import AccessChoices
from portal.web.access.preview import Preview, PreviewFragment
from portal.web.invitations import mail, outside_notice
from portal.web.invitations.forms import InvitationForm
from portal.web.people import list_context
from portal.web.people.list_context import PeoplePage
from portal.wording import dates, refusals

_BELOW = 20
"""Rows of the list below the panel."""


@dataclass(frozen=True, kw_only=True)
class InvitePage(PeoplePage, AccessChoices):
    """Shows the panel that invites a colleague, over the list."""

    template: ClassVar[str] = "web/invitations/send.html"

    effect: Preview
    who: str
    """The name of the invited person in the preview."""
    is_blank: bool
    """Whether nothing is typed yet, so that the first field takes the focus."""
    expiry: str
    invite_url: str
    """GET shows the panel; POST sends; POST with do=preview shows the preview alone."""
    close_url: str
    """The list with its filters."""


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def invite(request: Request, page: PageContext) -> HttpResponse:
    """GET shows the panel; POST with `do=preview` shows the effect; POST sends the invitation."""
    form = _form(request, page)
    if request.method != "POST" or request.POST.get("do") == "preview" or not form.is_valid():
        return _page(request, page, form)
    try:
        link = _send(page, form)
    except DomainError as refusal:
        _add_refusal(page, form, refusal)
        return _page(request, page, form)
    offer = mail.queue_for_link(link, at=page.at)
    notified = outside_notice.queue_notices(offer=offer, page=page) if offer else ""
    sentences = (mail.sentence_for(offer), notified)
    messages.success(request, " ".join(filter(None, sentences)))
    return HttpResponseRedirect(page.url("people"))


def _form(request: Request, page: PageContext) -> InvitationForm:
    """Build the form. Raises Denied for a reader who may not invite."""
    if Verb.MEMBER_INVITE not in page.abilities:
        raise Denied(reason="no_permission")
    options = assignable.assignable_options(
        actor=page.viewer, verb=Verb.MEMBER_INVITE, organization=page.organization_id, at=page.at
    )
    assignable_tiers = [tier.key for tier in options.tiers if tier.assignable]
    requested = request.GET.get("tier", "")
    return InvitationForm(
        request.POST if request.method == "POST" else None,
        options=options,
        zone=page.zone,
        initial={
            "tier": requested if requested in assignable_tiers else "",
            "where": "all" if options.all_sites else "some",
        },
    )


def _send(page: PageContext, form: InvitationForm) -> str:
    """Return the link; empty where the command was replayed."""
    data = form.cleaned_data
    outcome = invitations_send.invite(
        actor=page.viewer,
        organization=page.organization.row,
        email=data["email"],
        name=data["name"],
        access=form.access,
        language=page.organization.language,
        reason=data["reason"],
        idempotency_key=data["idempotency_key"],
    )
    return outcome.result.link


def _add_refusal(page: PageContext, form: InvitationForm, refusal: DomainError) -> None:
    """Show the refusal at its field, with a link to the colleague or the invitation."""
    text = refusals.sentence_for(refusal).text
    if isinstance(refusal, AlreadyMember):
        form.add_error("email", _with_link(text, *_colleague(page, refusal)))
    elif isinstance(refusal, AlreadyInvited):
        url = f"{page.url('people')}?pending=all#i{refusal.data['invitation']}"
        form.add_error("email", _with_link(text, url, _("View the invitation")))
    else:
        form.add_refusal(refusal)


def _colleague(page: PageContext, refusal: AlreadyMember) -> tuple[str, str]:
    """Return address and label of the colleague's page; empty where the reader may not see it."""
    membership = uuid.UUID(refusal.data["membership"])
    try:
        member = people_queries.get(
            actor=page.viewer, organization=page.organization_id, at=page.at, membership=membership
        )
    except NotFound:
        return "", ""
    return page.url("person", membership=membership), _("View %(name)s") % {
        "name": member.membership.user.name
    }


def _with_link(text: str, url: str, label: str) -> SafeString:
    return format_html('{} <a href="{}">{}</a>', text, url, label) if url else format_html("{}", text)


def _page(request: Request, page: PageContext, form: InvitationForm) -> HttpResponse:
    names = display_names.load(organization=page.organization_id)
    nothing = _("Choose a tier to see what they will be able to do.")
    chosen = form.with_initial() if form.initial["tier"] else form
    effect = preview.for_form(page, chosen, names, preview.PresentAccess(), nothing=nothing)
    if request.POST.get("do") == "preview" and error_responses.is_htmx(request):
        return page_model.render(request, PreviewFragment(effect=effect, who=_who(form)))
    query = QueryDict(request.GET.get("list", ""))
    below = list_context.people_page(page, query, dates.Clock(page.at, page.zone), size=_BELOW)
    model = InvitePage(
        **below.variables(),
        **choices.choices(form).variables(),
        effect=effect,
        who=_who(form),
        is_blank=not form.is_bound,
        invite_url=request.get_full_path(),
        close_url=below.list_url,
        expiry=_("The link works for 7 days."),
    )
    return page_model.render(request, model)


def _who(form: InvitationForm) -> str:
    return str(form["name"].value() or form["email"].value() or _("The person")).strip()[:80]
