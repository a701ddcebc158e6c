"""Readers of events save searches under a name, open them again and delete them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.activity.supplier_log import Kind
from identity.staff import saved_searches
from portal.desk.audit import event_search
from portal.http import control_characters
from portal.http.request_context import Request
from portal.shell import day_range, page_model, query_string
from portal.shell import forms as shell_forms
from portal.shell.components import Link
from portal.shell.page_model import PageModel
from portal.shell.query_string import HiddenField
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr

PARAMETERS = ("q", "show", "from", "until")
_NAME_LENGTH = 60


class SearchNameForm(control_characters.Form):
    """Asks for the name of a search."""

    name = forms.CharField(max_length=_NAME_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].error_messages |= {
            "required": _("Enter a name for the search."),
            "max_length": _("This is too long."),
        }


@dataclass(frozen=True, slots=True)
class SavedRow:
    """Describes a saved search; `search` is what it asks."""

    id: str
    name: str
    search: str
    url: str


@dataclass(frozen=True, kw_only=True)
class SavedSearchesPage(PageModel):
    """Lists the reader's searches, with a form for the search that the address holds."""

    template: ClassVar[str] = "desk/audit/saved.html"

    back_url: str
    form: SearchNameForm
    search: str
    """What would be saved."""
    hidden_fields: Sequence[HiddenField]
    rows: Sequence[SavedRow]


def links(reader: StaffReader) -> list[Link]:
    """Return the reader's searches as links to their events. One statement."""
    return [Link(one.name, _events_url(one.query)) for one in saved_searches.of_user(user=reader.actor.id)]


def _events_url(query: str) -> str:
    return f"{reverse('staff_events')}?{query}" if query else reverse("staff_events")


def page(request: Request, reader: StaffReader) -> HttpResponse:
    """GET shows the list and the form; POST saves the search, or deletes one."""
    values = values_of(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST" and (search := shell_forms.identifier(request.POST.get("delete", ""))):
        saved_searches.delete(user=reader.actor.id, search=search)
        messages.success(request, _("The search is deleted."))
        return HttpResponseRedirect(reverse("staff_searches"))
    form = SearchNameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _save(reader, form, values):
        messages.success(request, _("The search is saved."))
        return HttpResponseRedirect(query_string.with_values(reverse("staff_events"), values))
    return page_model.render(request, _page(reader, form, values))


def values_of(query: QueryDict) -> dict[str, str]:
    """Return the parts of a search that an address holds."""
    return {name: text for name in PARAMETERS if (text := query_string.text(query, name))}


def _save(reader: StaffReader, form: SearchNameForm, values: dict[str, str]) -> bool:
    """Save the search; False where there are too many, which the form then says."""
    name = form.cleaned_data["name"]
    if saved_searches.save(user=reader.actor.id, name=name, query=urlencode(values), at=reader.at):
        return True
    most = {"number": cldr.number(saved_searches.MOST)}
    form.add_error("name", _("You have %(number)s searches. Delete one first.") % most)
    return False


def _page(reader: StaffReader, form: SearchNameForm, values: dict[str, str]) -> SavedSearchesPage:
    return SavedSearchesPage(
        back_url=query_string.with_values(reverse("staff_events"), values),
        form=form,
        search=in_words(values),
        hidden_fields=query_string.hidden_fields(values),
        rows=[
            SavedRow(str(one.id), one.name, in_words(values_of(QueryDict(one.query))), _events_url(one.query))
            for one in saved_searches.of_user(user=reader.actor.id)
        ],
    )


def in_words(values: dict[str, str]) -> str:
    """Return what a search asks: `Refusals · verb:member · 1.5.2026 – 31.5.2026`."""
    labels = {kind.value: label for kind, label in event_search.kinds()}
    kind = labels.get(values.get("show", ""), labels[Kind.CHANGES.value])
    days = " – ".join(values[name] for name in ("from", "until") if name in values)
    last_days = _("the last %(number)s days") % {"number": cldr.number(day_range.DAYS)}
    return " · ".join(part for part in (kind, values.get("q", ""), days or last_days) if part)
