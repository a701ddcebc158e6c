"""Inviting a colleague, in a panel over the list."""

import uuid
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.errors import DomainError
from delegation.commands import invitations
from delegation.errors import AlreadyInvited, AlreadyMember, Denied, NotFound
from delegation.queries import catalogue, colleagues, gifts
from delegation.verbs import Verb
from portal import failing, inside, sentences
from portal.inside import Here
from portal.requests import Request
from portal.web import formats, forms, letter
from portal.web import people as list_page
from portal.web.reading import giving, people, preview

_BELOW = 20
"""Rows of the list that are seen below the panel."""


@require_http_methods(["GET", "HEAD", "POST"])
@inside.inside
def invite(request: Request, here: Here) -> HttpResponse:
    """GET shows; POST with `do=preview` shows what would follow; POST sends."""
    form = _form(request, here)
    if request.method != "POST" or request.POST.get("do") == "preview" or not form.is_valid():
        return _page(request, here, form)
    try:
        outcome = _send(here, form)
    except DomainError as refusal:
        _refused(here, form, refusal)
        return _page(request, here, form)
    link = outcome.result.link
    return list_page.shown(request, here, sent=letter.sent(link=link, again=outcome.again, here=here))


def _form(request: Request, here: Here) -> forms.Invite:
    """Raises Denied for whoever may invite nobody."""
    if Verb.MEMBER_INVITE not in here.verbs:
        raise Denied(reason="not_held")
    given = gifts.of(actor=here.actor, verb=Verb.MEMBER_INVITE, organization=here.company, at=here.at)
    known = [tier.key for tier in given.tiers if tier.may_give]
    wished = request.GET.get("tier", "")
    return forms.Invite(
        request.POST if request.method == "POST" else None,
        gifts=given,
        zone=here.zone,
        initial={"tier": wished if wished in known else "", "where": "all" if given.everywhere else "some"},
    )


def _send(here: Here, form: forms.Invite) -> Any:
    data = form.cleaned_data
    return invitations.invite(
        actor=here.actor,
        organization=here.organization,
        email=data["email"],
        name=data["name"],
        access=form.access,
        language=here.organization.language,
        reason=data["reason"],
        idempotency_key=data["once"],
    )


def _refused(here: Here, form: forms.Invite, refusal: DomainError) -> None:
    """At the field, with the way on where there is one."""
    text = sentences.of(refusal).text
    if isinstance(refusal, AlreadyMember):
        form.add_error("email", _with_link(text, *_colleague(here, refusal)))
    elif isinstance(refusal, AlreadyInvited):
        url = f"{here.url('people')}#i{refusal.data['invitation']}"
        form.add_error("email", _with_link(text, url, _("See the invitation")))
    else:
        form.refused(refusal)


def _colleague(here: Here, refusal: AlreadyMember) -> tuple[str, str]:
    """Address and label of the colleague's page; nothing where the reader may not see it."""
    one = uuid.UUID(refusal.data["membership"])
    try:
        found = colleagues.one(actor=here.actor, organization=here.company, at=here.at, membership=one)
    except NotFound:
        return "", ""
    return here.url("person", membership=one), _("See %(name)s") % {"name": found.membership.user.name}


def _with_link(text: str, url: str, label: str) -> SafeString:
    return format_html('{} <a href="{}">{}</a>', text, url, label) if url else format_html("{}", text)


def _page(request: Request, here: Here, form: forms.Invite) -> HttpResponse:
    book = catalogue.read(organization=here.company)
    nothing = _("Choose what they may do. What follows is shown here.")
    chosen = form.filled_in() if form.initial["tier"] else form
    foreseen = preview.of(here, chosen, book, preview.Before(), nothing=nothing)
    effect = {"effect": foreseen, "who": _who(form), "begins": not form.is_bound}
    if request.POST.get("do") == "preview" and failing.asked_by_htmx(request):
        return render(request, "people/_effect.html", effect)
    return render(request, "people/invite.html", {**_below(request, here), **giving.choices(form), **effect})


def _below(request: Request, here: Here) -> dict[str, Any]:
    """The list as it was, and the panel's own addresses."""
    kept = QueryDict(request.GET.get("list", ""))
    below = people.context(here, kept, formats.Clock(here.at, here.zone), size=_BELOW)
    return {
        **below,
        "invite_url": request.get_full_path(),
        "close_url": below["here_url"],
        "expiry": _("The link works for 7 days."),
    }


def _who(form: forms.Invite) -> str:
    return str(form["name"].value() or form["email"].value() or _("The colleague")).strip()[:80]
