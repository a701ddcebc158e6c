"""Support opens a request to replace a lost second factor; another of senior support decides."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.foundation import clock
from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import AlreadyExists, NothingToRecover, OwnRecovery, RecoveryOver
from delegation.authorization.verbs import Verb
from delegation.factor_recoveries import commands, queries
from delegation.factor_recoveries.queries import RecoveryView
from delegation.people import queries as people_queries
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.factor_recoveries import context
from portal.desk.factor_recoveries.forms import DecideForm, OpenForm
from portal.http.request_context import Request
from portal.shell import page_model
from portal.signin.customers import recovery_mails
from portal.wording import refusals

AGREE, REFUSE = "agree", "refuse"
"""What the buttons send."""


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.FACTOR_RECOVERY_OPEN)
def open_request(request: Request, found: OrganizationPage, membership: uuid.UUID) -> HttpResponse:
    """GET asks how the person was recognized; POST opens the request, or leads to the one that there is."""
    page = found.page
    member = people_queries.get(
        actor=page.viewer, organization=page.organization_id, at=page.at, membership=membership
    )
    found.record(Reading.PERSON, membership=membership)
    form = OpenForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, context.open_page(page, member, form))
    data = form.cleaned_data
    try:
        opened = commands.open_request(
            actor=page.viewer,
            membership=member.membership,
            recognition=data["recognition"],
            proof=data["proof"],
            idempotency_key=data["idempotency_key"],
        )
    except AlreadyExists:
        return _to_live(found, membership)
    except NothingToRecover as refusal:
        messages.error(request, refusals.sentence_for(refusal).text)
        return HttpResponseRedirect(page.url("staff_person", membership=membership))
    view = queries.get(organization=page.organization_id, recovery=opened.result.recovery, at=clock.now())
    if not opened.replayed:
        recovery_mails.queue_opened(view)
    return HttpResponseRedirect(page.url("staff_recovery", recovery=view.id))


def _to_live(found: OrganizationPage, membership: uuid.UUID) -> HttpResponse:
    """Lead to the request that waits; to the person's page where it is another customer's."""
    live = queries.live_of(membership=membership, at=clock.now())
    if live is None:
        return HttpResponseRedirect(found.page.url("staff_person", membership=membership))
    return HttpResponseRedirect(found.page.url("staff_recovery", recovery=live.id))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.FACTOR_RECOVERY_REFUSE)
def detail(request: Request, found: OrganizationPage, recovery: uuid.UUID) -> HttpResponse:
    """GET shows the request; POST agrees to it, refuses it or withdraws it."""
    page = found.page
    view = queries.get(organization=page.organization_id, recovery=recovery, at=page.at)
    found.record(Reading.PERSON, membership=view.membership)
    form = DecideForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid() or request.POST.get("step") not in {AGREE, REFUSE}:
        return page_model.render(request, context.recovery_page(page, view, form))
    try:
        _decide(request, found, view, form)
    except Busy:
        raise
    except (OwnRecovery, NothingToRecover, RecoveryOver) as refusal:
        messages.error(request, _sentence(refusal))
    return HttpResponseRedirect(page.url("staff_recovery", recovery=recovery))


def _sentence(refusal: DomainError) -> str:
    return refusals.sentence_for(refusal).text


def _decide(request: Request, found: OrganizationPage, view: RecoveryView, form: DecideForm) -> None:
    data, page = form.cleaned_data, found.page
    command = commands.agree if request.POST["step"] == AGREE else commands.refuse
    outcome = command(
        actor=page.viewer, recovery=view.row, note=data["note"], idempotency_key=data["idempotency_key"]
    )
    if command is commands.agree and not outcome.replayed:
        agreed = queries.get(organization=page.organization_id, recovery=view.id, at=clock.now())
        recovery_mails.queue_agreed(agreed)
        messages.success(request, _("You agreed. The person gets a mail that says what to do, and when."))
    elif not outcome.replayed:
        messages.success(request, _("The request is closed. Nothing changes for the person."))
