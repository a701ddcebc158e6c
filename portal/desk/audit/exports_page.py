"""A search is exported in the background; who asked follows it and downloads the files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.log_exports import export_parts, own_exports
from delegation.log_exports.own_exports import ExportView
from portal.desk.audit import background_file, event_search, searches_page
from portal.http.request_context import Request
from portal.shell import export_file, page_model, query_string
from portal.shell import forms as shell_forms
from portal.shell.components import Link
from portal.shell.forms import IdempotentForm
from portal.shell.page_model import PageModel
from portal.shell.query_string import HiddenField
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr, dates


@dataclass(frozen=True, slots=True)
class ExportRow:
    """Describes an export; `links` lead to its files once it is done."""

    id: str
    search: str
    state: str
    detail: str
    percent: str
    """How much of the time is read, for the bar; empty unless it goes on."""
    links: Sequence[Link]


@dataclass(frozen=True, kw_only=True)
class ExportsPage(PageModel):
    """Lists the reader's exports, with a form for the search that the address holds."""

    template: ClassVar[str] = "desk/audit/exports.html"

    back_url: str
    here_url: str
    form: IdempotentForm
    search: str
    """What would be exported."""
    error: str
    hidden_fields: Sequence[HiddenField]
    rows: Sequence[ExportRow]
    goes_on: bool
    most: str


def page(request: Request, reader: StaffReader) -> HttpResponse:
    """GET lists the exports; POST asks for one, or deletes one."""
    sent = request.method == "POST"
    values = searches_page.values_of(request.POST if sent else request.GET)
    if sent and (export := shell_forms.identifier(request.POST.get("delete", ""))):
        own_exports.delete(user=reader.actor.id, export=export)
        messages.success(request, _("The export is deleted."))
        return HttpResponseRedirect(reverse("staff_exports"))
    form = IdempotentForm(request.POST if sent else None)
    error = _ask(reader, form, values) if sent else ""
    if sent and not error:
        messages.success(request, _("The export is being made. You can leave this page."))
        return HttpResponseRedirect(reverse("staff_exports"))
    return page_model.render(request, _page(reader, form, values, error))


def _ask(reader: StaffReader, form: IdempotentForm, values: dict[str, str]) -> str:
    """Ask for the export; a sentence where that is not possible."""
    if not form.is_valid():
        return _("This page has expired. Open it again.")
    asked = event_search.parse(_query(values), now=reader.at, zone=ZoneInfo(settings.TIME_ZONE))
    if asked.errors:
        return next(iter(asked.errors.values()))
    key = form.cleaned_data["idempotency_key"]
    if own_exports.ask(
        actor=reader.actor, own=reader.own, search=asked.search, at=reader.at, idempotency_key=key
    ):
        return ""
    most = {"number": cldr.number(own_exports.MOST)}
    return _("You have %(number)s exports. Delete one first.") % most


def _query(values: dict[str, str]) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(values)
    return query


def _page(reader: StaffReader, form: IdempotentForm, values: dict[str, str], error: str) -> ExportsPage:
    clock = dates.Clock(reader.at, ZoneInfo(settings.TIME_ZONE))
    found = own_exports.of_user(user=reader.actor.id, own=reader.own, at=reader.at)
    return ExportsPage(
        back_url=query_string.with_values(reverse("staff_events"), values),
        here_url=reverse("staff_exports"),
        form=form,
        search=searches_page.in_words(values),
        error=error,
        hidden_fields=query_string.hidden_fields(values),
        rows=[_row(one, clock) for one in found],
        goes_on=any(one.state == "open" for one in found),
        most=cldr.number(export_parts.MOST_ROWS),
    )


def _row(export: ExportView, clock: dates.Clock) -> ExportRow:
    goes_on = export.state == "open"
    expires = _("until %(moment)s") % {"moment": clock.date_time(export.expires_at, seconds=False)}
    parts = [_number(export) if export.rows else "", _cut(export), expires if export.state == "done" else ""]
    return ExportRow(
        id=str(export.id),
        search=_in_words(export, clock),
        state=_state(export),
        detail=" · ".join(part for part in parts if part),
        percent=str(int(export.part * 100)) if goes_on else "",
        links=_links(export) if export.state == "done" else (),
    )


def _in_words(export: ExportView, clock: dates.Clock) -> str:
    """Return what was asked: `Refusals · koskela · org:K-42 · 1 May 2026 – 31 May 2026`."""
    search = export.search
    filters = {"actor": search.actor, "org": search.organization, "subject": search.subject}
    words = [search.text, *(f"{name}:{text}" for name, text in filters.items() if text)]
    if search.verbs is not None:
        words.append(f"verb:{', '.join(sorted(search.verbs))}")
    days = f"{clock.date(search.since)} – {clock.date(search.until)}"
    label = dict(event_search.kinds())[search.kind]
    return " · ".join(part for part in (label, " ".join(word for word in words if word), days) if part)


def _state(export: ExportView) -> str:
    failures = {
        "rights": _("Stopped: your rights have changed"),
        "too_slow": _("Stopped: the search takes too long. Choose fewer days"),
        "error": _("Failed. Ask for it again"),
    }
    if export.state == "failed":
        return failures[export.failure]
    return _("Ready") if export.state == "done" else _("In progress")


def _number(export: ExportView) -> str:
    text = ngettext(
        "%(number)s event, %(proven)s with a proof", "%(number)s events, %(proven)s with a proof", export.rows
    )
    return text % {"number": cldr.number(export.rows), "proven": cldr.number(export.proven)}


def _cut(export: ExportView) -> str:
    return _("there are more") if export.is_cut else ""


def _links(export: ExportView) -> list[Link]:
    links = export_file.links(reverse("staff_export_file", args=[export.id]), {})
    return [link for link in links if export.rows <= background_file.MOST_OF_XLSX or "xlsx" not in link.url]
