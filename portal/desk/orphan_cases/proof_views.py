"""Staff add a proof with its document, and download documents, which no page shows."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import CaseStep, Denied
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_views, files
from delegation.orphan_cases.case_views import CaseView
from delegation.orphan_cases.commands import evidence
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.orphan_cases import case_actions, context
from portal.desk.orphan_cases.forms import ProofForm
from portal.http.request_context import Request
from portal.shell import page_model
from portal.shell.page_context import PageContext


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.ORPHAN_CASE_PROVE, reading=Reading.CASE)
def add(request: Request, found: OrganizationPage, case: uuid.UUID) -> HttpResponse:
    """GET shows the case with the form; POST adds the proof."""
    page = found.page
    view = case_views.get(organization=page.organization_id, case=case, reader=page.viewer.id, at=page.at)
    form = ProofForm(request.POST, request.FILES) if request.method == "POST" else ProofForm()
    try:
        is_added = request.method == "POST" and form.is_valid() and _add(page, view, form)
    except CaseStep as refusal:
        messages.error(request, case_actions.sentence(refusal))
        return HttpResponseRedirect(page.url("staff_case", case=case))
    if not is_added:
        forms = case_actions.forms_of(request, page, view, form)
        return page_model.render(request, context.case_page(page, view, forms))
    messages.success(request, _("The proof is added."))
    return HttpResponseRedirect(page.url("staff_case", case=case))


def _add(page: PageContext, case: CaseView, form: ProofForm) -> bool:
    """Run the command; False where it refuses what was entered, which the form then says."""
    data = form.cleaned_data
    try:
        evidence.add_proof(
            actor=page.viewer,
            case=case.row,
            kind=data["kind"],
            note=data["note"],
            file=data["file"],
            idempotency_key=data["idempotency_key"],
        )
    except (Busy, CaseStep, Denied):
        raise
    except DomainError as refusal:
        form.add_refusal(refusal)
        return False
    return True


@require_safe
@desk_page.organization_page(Verb.ORPHAN_CASE_VIEW, reading=Reading.CASE)
def download(request: Request, found: OrganizationPage, case: uuid.UUID, proof: uuid.UUID) -> HttpResponse:
    """Answer with the document as an attachment: no browser may show or run what a stranger made."""
    del request
    row, data = case_views.file_of(organization=found.page.organization_id, case=case, proof=proof)
    return HttpResponse(
        data,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{files.file_name(row)}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
