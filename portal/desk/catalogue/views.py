"""A catalogue owner compares a file with the catalogue, applies or proposes it; another one agrees or refuses."""

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization import policy
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.catalogue import (
    catalog_file,
    catalog_text,
    checked_file,
    commands,
    queries,
    rules,
    stored_catalogue,
)
from delegation.catalogue.checked_file import CheckedFile
from delegation.catalogue.queries import ProposalView
from delegation.staff import readings
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.catalogue import context, difference_view
from portal.desk.catalogue.forms import DecisionForm, FileForm
from portal.http.request_context import Request
from portal.shell import page_model
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr, refusals

APPLY, PROPOSE, CHANGE = "apply", "propose", "change"
"""What the buttons of the check send; the first page's sends none."""
AGREE, REFUSE = "agree", "refuse"


@require_safe
@desk_page.desk_page(Verb.CATALOGUE_VIEW)
def listing(request: Request, reader: StaffReader) -> HttpResponse:
    """Show the catalogue in force, and the proposals to those who may decide them."""
    return page_model.render(request, context.list_page(may_change=_may_change(reader)))


def _may_change(reader: StaffReader) -> bool:
    """Answer whether the reader's right is for everything: the catalogue is that of all business units."""
    return policy.is_for_all(own=reader.own, verb=Verb.CATALOGUE_PROPOSE)


def _require_change(reader: StaffReader) -> None:
    if not _may_change(reader):
        raise Denied(reason="no_permission")


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.CATALOGUE_PROPOSE)
def check(request: Request, reader: StaffReader) -> HttpResponse:
    """GET asks for a file, filled in as `_first_text` says; POST shows what it changes, and applies or proposes it."""
    _require_change(reader)
    if request.method == "POST":
        form = FileForm(request.POST)
    else:
        form = FileForm(initial={"text": _first_text(ready_made="ready-made" in request.GET)})
    step = request.POST.get("step", "")
    if request.method != "POST" or step == CHANGE or not form.is_valid() or form.catalogue is None:
        return page_model.render(request, context.file_page(form))
    if step in (APPLY, PROPOSE):
        answer = _apply(request, reader, form) if step == APPLY else _propose(request, reader, form)
        if answer is not None:
            return answer
    checked = _checked(reader, form.cleaned_data["text"])
    most = settings.CATALOGUE_LOSSES_BY_ONE
    needs_second = rules.needs_second_person(checked, at=reader.at)
    return page_model.render(request, context.check_page(form, checked, needs_second=needs_second, most=most))


def _first_text(*, ready_made: bool) -> str:
    """Return the ready-made file, or the catalogue in force; nothing where that has no tiers yet."""
    if ready_made:
        return catalog_file.read_text(path=catalog_file.READY_MADE)
    stored = stored_catalogue.load()
    return catalog_text.text_of(stored) if stored.versions else ""


def _checked(reader: StaffReader, text: str) -> CheckedFile:
    """Compare, and record in the log of each customer that the page names that its numbers were read."""
    checked = checked_file.preview(catalogue=catalog_file.parse(text=text), at=reader.at)
    organizations = [row.id for row in checked.affected.listed]
    readings.record(actor=reader.actor, what=Reading.ORGANIZATION, organizations=organizations, at=reader.at)
    return checked


def _apply(request: Request, reader: StaffReader, form: FileForm) -> HttpResponse | None:
    """Run the command; None where it refuses, which the form then says."""
    data = form.cleaned_data
    try:
        done = commands.apply(
            actor=reader.actor,
            catalogue=catalog_file.parse(text=data["text"]),
            seen=data["seen"] or "none",
            idempotency_key=data["idempotency_key"],
        )
    except (Busy, Denied, NotFound):
        raise
    except DomainError as refusal:
        form.add_error(None, refusals.sentence_for(refusal).text)
        return None
    _say_applied(request, done.result.unregistered)
    return HttpResponseRedirect(reverse("staff_catalogue"))


def _say_applied(request: Request, unregistered: Sequence[str]) -> None:
    """Leave a message, with the services whose rights the file has and the catalogue does not take yet."""
    messages.success(request, _("The catalogue is applied."))
    if missing := difference_view.services(unregistered):
        text = _(
            "Rights in services that are not registered were left out: %(services)s. Apply the file again later."
        )
        messages.info(request, text % {"services": cldr.joined(missing)})


def _propose(request: Request, reader: StaffReader, form: FileForm) -> HttpResponse | None:
    """Run the command; None where it refuses, which the form then says."""
    data = form.cleaned_data
    try:
        made = commands.propose(
            actor=reader.actor,
            file=data["text"],
            seen=data["seen"] or "none",
            idempotency_key=data["idempotency_key"],
        )
    except (Busy, Denied, NotFound):
        raise
    except DomainError as refusal:
        form.add_error(None, refusals.sentence_for(refusal).text)
        return None
    messages.success(request, _("The file waits for a second catalogue owner."))
    return HttpResponseRedirect(reverse("staff_catalogue_proposal", args=[made.result.proposal]))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.CATALOGUE_PROPOSE)
def proposal(request: Request, reader: StaffReader, proposal: uuid.UUID) -> HttpResponse:
    """GET shows the difference as it is now; POST agrees to it, refuses it, or withdraws it."""
    _require_change(reader)
    row = queries.find(proposal=proposal)
    if row is None:
        raise NotFound
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _decide(request, reader, row, form):
        return HttpResponseRedirect(reverse("staff_catalogue"))
    row = queries.find(proposal=proposal) or row
    checked = _checked(reader, row.file) if row.is_open else None
    return page_model.render(request, context.proposal_page(reader, row, checked, form))


def _decide(request: Request, reader: StaffReader, row: ProposalView, form: DecisionForm) -> bool:
    """Run the command of the pressed button; False where it refuses, which the form then says."""
    data, step = form.cleaned_data, request.POST.get("step", "")
    key = data["idempotency_key"]
    try:
        if step == AGREE:
            done = commands.agree(
                actor=reader.actor, proposal=row.row, seen=data["seen"] or "none", idempotency_key=key
            )
            _say_applied(request, done.result.unregistered)
        elif step == REFUSE:
            commands.refuse(actor=reader.actor, proposal=row.row, reason=data["reason"], idempotency_key=key)
            messages.success(request, _("The proposal is closed. Nothing was applied."))
        else:
            return False
    except (Busy, Denied, NotFound):
        raise
    except DomainError as refusal:
        form.add_error(None, refusals.sentence_for(refusal).text)
        return False
    return True
