"""A colleague says that an admin has left; the admin answers, another admin decides, the colleague withdraws it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.foundation import clock
from audit.foundation.errors import Busy
from delegation.absence_claims import commands, queries
from delegation.absence_claims.queries import AdminContact, ClaimView
from delegation.activity import queries as activity_queries
from delegation.authorization.errors import AlreadyExists, AnsweredRecently, ClaimClosed
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.people import recency
from portal.http import error_pages
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.signin.customers import rate_limits
from portal.web.admins import context, mails
from portal.web.admins.forms import ClaimForm, LeftForm
from portal.wording import absence_claims, dates, refusals


@dataclass(frozen=True, kw_only=True)
class ClaimPage(PageModel):
    """Shows the question whether an admin is still one, to the admin and to those who decide."""

    template: ClassVar[str] = "web/admins/claim.html"

    name: str
    lead: str
    facts: Sequence[tuple[str, str]]
    """Names and values."""
    button: str
    """Empty once the question is closed."""
    form: ClaimForm
    here_url: str
    person_url: str
    """Where a reader who may changes or removes the admin's access."""
    back_url: str


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def left(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """GET asks what the reader knows; POST asks the admin and the other admins. Nothing else changes."""
    admin = queries.admin_of(
        organization=page.organization_id, user=page.viewer.id, admin=membership, at=page.at
    )
    form = LeftForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, context.left_page(page, admin, form))
    taken = rate_limits.take((rate_limits.ABSENCE_CLAIMS, str(page.viewer.id)))
    if taken.wait:
        return error_pages.too_many(request, seconds=taken.wait)
    try:
        _claim(request, page, admin, form)
    except Busy:
        taken.give_back()
        raise
    except (AlreadyExists, AnsweredRecently) as refusal:
        taken.give_back()
        messages.info(request, refusals.sentence_for(refusal).text)
    return HttpResponseRedirect(page.url("my_admins"))


def _claim(request: Request, page: PageContext, admin: AdminContact, form: LeftForm) -> None:
    data = form.cleaned_data
    outcome = commands.claim(
        actor=page.viewer,
        admin=admin.row,
        reason=data["reason"],
        message=data["message"],
        idempotency_key=data["idempotency_key"],
    )
    if not outcome.replayed:
        claim = queries.get(organization=page.organization_id, claim=outcome.result.claim)
        mails.queue_claim(page, claim)
    messages.success(request, _("%(name)s is being asked by mail.") % {"name": admin.name})


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def claim(request: Request, page: PageContext, claim: uuid.UUID) -> HttpResponse:
    """GET shows the question; POST closes it. Raises NotFound for those who can neither answer nor decide."""
    found = queries.readable(actor=page.viewer, organization=page.organization_id, claim=claim, at=page.at)
    form = ClaimForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, _claim_page(page, found, form))
    try:
        outcome = commands.close(
            actor=page.viewer, claim=found.row, idempotency_key=form.cleaned_data["idempotency_key"]
        )
    except ClaimClosed as refusal:
        messages.info(request, refusals.sentence_for(refusal).text)
    else:
        if not outcome.replayed:
            mails.queue_answer(page, queries.get(organization=page.organization_id, claim=claim))
        messages.success(request, _("The question is closed. Nothing else has changed."))
    return HttpResponseRedirect(page.url("admin_claim", claim=claim))


def _claim_page(page: PageContext, found: ClaimView, form: ClaimForm) -> ClaimPage:
    """Return the question as this reader sees it. Six statements at most."""
    is_person, is_claimer = found.person == page.viewer.id, found.claimed_by == page.viewer.id
    moment = dates.Clock(page.at, page.zone)
    signed_in = recency.last_sign_ins(memberships=[found.membership]).get(found.membership)
    closed = ""
    if found.closed_at is not None:
        closed = f"{found.closed_by}, {moment.date_time(found.closed_at, seconds=False)}"
    is_open = found.state == "open"
    facts = [
        (_("State"), absence_claims.STATES[found.state]()),
        (_("Asked by"), f"{found.claimer}, {moment.date_time(found.claimed_at, seconds=False)}"),
        (_("What the colleague knows"), "" if is_person else absence_claims.REASONS[found.reason]()),
        (_("Message"), "" if is_person else _message(page, found)),
        (_("Last sign-in"), moment.last_sign_in(signed_in)),
        (_("Answer by"), moment.day(found.answer_by) if is_open else ""),
        (_("Closed by"), closed),
    ]
    return ClaimPage(
        name=found.name,
        lead=_lead(found, is_person=is_person),
        facts=[(label, value) for label, value in facts if value],
        button=_button(is_person=is_person, is_claimer=is_claimer) if is_open else "",
        form=form,
        here_url=page.url("admin_claim", claim=found.id),
        person_url=_person_url(page, found) if is_open and not is_person else "",
        back_url=page.url("my_admins"),
    )


def _lead(found: ClaimView, *, is_person: bool) -> str:
    names = {"claimer": found.claimer, "name": found.name}
    if is_person:
        return _("%(claimer)s asks whether you are still an admin. Your access has not changed.") % names
    return _("%(claimer)s asks whether %(name)s is still an admin. Nothing has changed.") % names


def _button(*, is_person: bool, is_claimer: bool) -> str:
    if is_person:
        return _("I am still here")
    return _("Withdraw the question") if is_claimer else _("Still an admin: close the question")


def _message(page: PageContext, found: ClaimView) -> str:
    events = activity_queries.of_act(
        organization=page.organization_id, act=found.row.act, verb=Verb.ABSENCE_CLAIM.value
    )
    return next((event.personal.get("reason", "") for event in events if event.is_authentic), "")


def _person_url(page: PageContext, found: ClaimView) -> str:
    visible = people_queries.visible_ids(
        actor=page.viewer, organization=page.organization_id, at=clock.now(), ids={found.membership}
    )
    return page.url("person", membership=found.membership) if visible else ""
