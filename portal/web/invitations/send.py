"""Admins invite people in a panel over the list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from audit.foundation.errors import DomainError
from delegation.access import assignable
from delegation.authorization.errors import AlreadyInvited, AlreadyMember, Denied
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.invitations import links, recipients
from delegation.invitations.commands import send as invitations_send
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.access import choices, initial_values, preview
from portal.web.access.choices import AccessChoices
from portal.web.access.preview import Preview
from portal.web.invitations import mail, outside_notice, recipient_rows
from portal.web.invitations.forms import InvitationForm
from portal.web.invitations.recipient_rows import Recipients
from portal.web.people import list_context
from portal.web.people.list_context import PeoplePage
from portal.wording import dates, refusals

_BELOW = 20
"""Rows of the list below the panel."""


@dataclass(frozen=True, kw_only=True)
class InvitePage(PeoplePage, AccessChoices):
    """Shows the panel that invites people, over the list."""

    template: ClassVar[str] = "web/invitations/send.html"

    effect: Preview
    recipients: Recipients
    is_blank: bool
    """Whether nothing is typed yet, so that the first field takes the focus."""
    most: int
    """People in one act."""
    invite_url: str
    """GET shows the panel; POST sends; POST with do=preview shows the preview alone."""
    close_url: str
    """The list as it was."""


@dataclass(frozen=True, kw_only=True)
class InvitePreviewFragment(PageModel):
    """Shows the preview alone, for htmx."""

    template: ClassVar[str] = "web/invitations/_preview.html"

    effect: Preview
    recipients: Recipients


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def invite(request: Request, page: PageContext) -> HttpResponse:
    """GET shows the panel; POST with `do=preview` shows the effect; POST sends the invitations."""
    form = _form(request, page)
    if request.method != "POST":
        return _page(request, page, form)
    if request.POST.get("do") == "preview":
        form.is_valid()
        form.drop_missing_address()
        return _page(request, page, form)
    if not form.is_valid():
        return _page(request, page, form)
    try:
        sent = _send(page, form)
    except DomainError as refusal:
        _add_refusal(page, form, refusal)
        return _page(request, page, form, with_limits=True)
    offers = mail.queue_for_links(sent, at=page.at)
    notified = outside_notice.queue_notices(offers=offers, page=page) if offers else ""
    messages.success(request, " ".join(filter(None, (mail.sentence_for(offers), notified))))
    return HttpResponseRedirect(page.list_url)


def _form(request: Request, page: PageContext) -> InvitationForm:
    """Build the form. Raises Denied for a reader who may not invite."""
    if Verb.MEMBER_INVITE not in page.abilities:
        raise Denied(reason="no_permission")
    options = assignable.assignable_options(
        actor=page.viewer, verb=Verb.MEMBER_INVITE, organization=page.organization_id, at=page.at
    )
    return InvitationForm(
        request.POST if request.method == "POST" else None,
        options=options,
        zone=page.zone,
        initial=initial_values.for_invitation(
            options, tier=request.GET.get("tier", ""), language=page.organization.language
        )
        | page.prepared_values,
    )


def _send(page: PageContext, form: InvitationForm) -> Sequence[str]:
    """Return the links; none where the command was replayed. Raises what the command raises."""
    data = form.cleaned_data
    outcome = invitations_send.invite_people(
        actor=page.viewer,
        organization=page.organization.row,
        people=form.people,
        access=form.access,
        language=data["language"],
        reason=data["reason"],
        idempotency_key=data["idempotency_key"],
    )
    return outcome.result.links


def _add_refusal(page: PageContext, form: InvitationForm, refusal: DomainError) -> None:
    """Show the refusal at its field; one about a single person links to the person or the invitation."""
    text = refusals.sentence_for(refusal).text
    if isinstance(refusal, AlreadyMember | AlreadyInvited):
        person = form.people[:1]
        (row,) = recipient_rows.recipients(page, person, {person[0].email: refusal}).rows
        form.add_error("email", _with_link(text, row.url, row.link))
    else:
        form.add_refusal(refusal)


def _with_link(text: str, url: str, label: str) -> SafeString:
    return format_html('{} <a href="{}">{}</a>', text, url, label) if url else format_html("{}", text)


def _page(
    request: Request, page: PageContext, form: InvitationForm, *, with_limits: bool = False
) -> HttpResponse:
    names = display_names.load(organization=page.organization_id)
    nothing = _("Choose a tier to see what they will be able to do.")
    chosen = form.with_initial() if form.initial["tier"] else form
    effect = preview.for_form(page, chosen, names, preview.PresentAccess(), nothing=nothing)
    people = _recipients(page, form, with_limits=with_limits)
    effect = replace(effect, summary=people.summary, then=_then(page, people.number))
    if preview.wants_fragment(request):
        return page_model.render(request, InvitePreviewFragment(effect=effect, recipients=people))
    clock = dates.Clock(page.at, page.zone)
    below = list_context.people_page(page, QueryDict(page.list_query), clock, size=_BELOW)
    model = InvitePage(
        **below.variables(),
        **choices.choices(form).variables(),
        effect=effect,
        recipients=people,
        is_blank=not form.is_bound,
        most=recipients.MAX_RECIPIENTS,
        invite_url=request.get_full_path(),
        close_url=page.list_url,
    )
    return page_model.render(request, model)


def _then(page: PageContext, number: int) -> Sequence[str]:
    if not number:
        return ()
    day = dates.Clock(page.at, page.zone).day(page.at + links.VALIDITY)
    text = ngettext("The link works until %(day)s, once", "The links work until %(day)s, once each", number)
    return [text % {"day": day}]


def _recipients(page: PageContext, form: InvitationForm, *, with_limits: bool) -> Recipients:
    """Return who gets an invitation. Limits on mails are named after a refusal only: a preview is no place to probe."""
    people = form.pasted
    if not people:
        return Recipients()
    refused = (recipients.refusals if with_limits else recipients.known)(
        actor=page.viewer,
        organization=page.organization_id,
        emails=[person.email for person in people],
        at=page.at,
    )
    return recipient_rows.recipients(page, people, refused)
