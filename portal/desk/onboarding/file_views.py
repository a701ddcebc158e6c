"""An uploaded or pasted file of customers is checked line by line, and then onboarded in parts."""

from django.http import HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from delegation.authorization.verbs import Verb
from delegation.onboarding import queries
from portal.desk import desk_page
from portal.desk.onboarding import applied_lines, checked_lines, file_context, line_results
from portal.desk.onboarding.applied_lines import AppliedLine
from portal.desk.onboarding.checked_lines import CheckedLine, FormChoices
from portal.desk.onboarding.file_forms import CustomersForm
from portal.http.request_context import Request
from portal.shell import page_model
from portal.signin.staff.reader import StaffReader

SECONDS = 15.0
"""For the customers of one request: the page continues with the next ones."""


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.ORGANIZATION_CREATE)
def onboard_file(request: Request, reader: StaffReader) -> HttpResponse:
    """GET asks for the file; POST checks it, onboards with `do=apply` what was checked, or sends the results."""
    form = CustomersForm(request.POST, request.FILES) if request.method == "POST" else CustomersForm()
    do = request.POST.get("do")
    lines: list[CheckedLine] = []
    applied: list[AppliedLine] = []
    if request.method == "POST" and form.is_valid():
        choices = _choices(reader)
        lines = checked_lines.check(form.table, choices)
        if do == "results":
            return _download(lines)
        if do == "apply" and form.cleaned_data["seen"] == form.digest:
            applied = applied_lines.apply(actor=reader.actor, lines=lines, at=reader.at, seconds=SECONDS)
            lines = checked_lines.check(form.table, choices)
    return page_model.render(request, file_context.file_page(form, lines, applied))


def _choices(reader: StaffReader) -> FormChoices:
    return FormChoices(
        units=queries.units(actor=reader.actor, at=reader.at),
        services=queries.services(),
        templates=queries.templates(),
        language=get_language() or "en",
    )


def _download(lines: list[CheckedLine]) -> HttpResponse:
    answer = HttpResponse(line_results.csv_text(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="customers.csv"'
    return answer
