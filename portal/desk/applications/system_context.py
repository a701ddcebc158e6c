"""The pages of a connected system connect and change it, and show what would be sent."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.applications.queries import ApplicationView
from portal.desk.applications import context, wording
from portal.desk.applications.system_forms import PersonForm, SystemForm
from portal.shell.page_model import PageModel
from portal.wording import cldr, dates
from provisioning.accounts.dry_runs import DryRun, RecordPreview
from provisioning.accounts.probe import Probe

CHANGES: Mapping[str, Callable[[], str]] = {
    "created": lambda: _("created"),
    "changed": lambda: _("changed"),
    "ended": lambda: _("ended"),
}
_SHOWN_VALUE = 400
"""Characters of one value."""


@dataclass(frozen=True, slots=True)
class Count:
    """Counts the accounts of one kind of change."""

    label: str
    number: str


@dataclass(frozen=True, slots=True)
class AffectedRow:
    """Names a person whose account would change."""

    name: str
    customer: str
    change: str


@dataclass(frozen=True, slots=True)
class OtherApplication:
    """Names an application whose rights may be sent too, for `kh.sites`."""

    value: str
    label: str
    disabled_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SystemPage(PageModel):
    """Connects a system, or changes the connection."""

    template: ClassVar[str] = "desk/applications/system.html"

    application: str
    back_url: str
    is_new: bool
    effect: str
    """How many accounts are sent first."""
    asks_anyway: bool
    """Whether the test call failed: the system can be connected all the same."""
    others: Sequence[OtherApplication]
    form: SystemForm


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """Says how the test call ended."""

    is_good: bool
    text: str
    seconds: str


@dataclass(frozen=True, slots=True)
class FieldRow:
    """Holds one value of a record, by its path."""

    path: str
    value: str


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """Shows the record of one person."""

    name: str
    state: str
    fields: Sequence[FieldRow]
    is_partial: bool


@dataclass(frozen=True, kw_only=True)
class PreviewPage(PageModel):
    """Shows what would be sent, and sends nothing but the test call."""

    template: ClassVar[str] = "desk/applications/preview.html"

    application: str
    back_url: str
    is_connected: bool
    answer: AnswerLine | None
    counts: Sequence[Count]
    more: str
    """Says that further accounts wait; empty where all were computed."""
    people: Sequence[AffectedRow] | None
    """None until the reader asks for names."""
    form: PersonForm
    record: PersonRecord | None
    is_unknown: bool
    """Whether no person was found."""


def system_page(
    view: ApplicationView, form: SystemForm, dry: DryRun | None, *, asks_anyway: bool
) -> SystemPage:
    """Return the form; `dry` is what a new system would get."""
    return SystemPage(
        application=context.name_of(view),
        back_url=reverse("staff_application", args=[view.key]),
        is_new=form.is_new,
        effect=_effect(dry) if dry else "",
        asks_anyway=asks_anyway,
        others=[OtherApplication(key, name) for key, name in form.others.items()],
        form=form,
    )


def _effect(dry: DryRun) -> str:
    number = _("more than %(number)s") % {"number": cldr.number(dry.created)} if dry.more else ""
    text = ngettext(
        "The system gets the account of %(number)s person at once.",
        "The system gets the accounts of %(number)s people at once.",
        dry.created,
    )
    return text % {"number": number or cldr.number(dry.created)}


def preview_page(
    view: ApplicationView,
    dry: DryRun,
    form: PersonForm,
    *,
    is_connected: bool,
    answer: Probe | None = None,
    shows_people: bool = False,
    record: RecordPreview | None = None,
    is_unknown: bool = False,
) -> PreviewPage:
    """Return what would be sent."""
    text = _("More than %(number)s accounts wait. These are the first.")
    return PreviewPage(
        application=context.name_of(view),
        back_url=reverse("staff_application", args=[view.key]),
        is_connected=is_connected,
        answer=_answer(answer) if answer else None,
        counts=_counts(dry),
        more=text % {"number": cldr.number(sum((dry.created, dry.changed, dry.ended, dry.unchanged)))}
        if dry.more
        else "",
        people=[AffectedRow(one.name, one.organization, CHANGES[one.change]()) for one in dry.people]
        if shows_people
        else None,
        form=form,
        record=_record(record) if record else None,
        is_unknown=is_unknown,
    )


def _answer(probe: Probe) -> AnswerLine:
    reason = wording.REASONS.get(probe.code)
    text = _("It answers as it should.") if not probe.code else reason() if reason else probe.code
    detail = f" ({probe.detail})" if probe.detail.startswith("status ") else ""
    return AnswerLine(not probe.code, text + detail, dates.span(probe.seconds))


def _counts(dry: DryRun) -> list[Count]:
    return [
        Count(_("Created"), cldr.number(dry.created)),
        Count(_("Changed"), cldr.number(dry.changed)),
        Count(_("Ended"), cldr.number(dry.ended)),
        Count(_("Nothing to send"), cldr.number(dry.unchanged)),
    ]


def _record(found: RecordPreview) -> PersonRecord:
    states = {
        True: _("The next delivery sends this."),
        False: _("The system has this, as far as we know, or needs nothing."),
    }
    return PersonRecord(
        name=found.name,
        state=states[found.needs_call],
        fields=[FieldRow(path, value[:_SHOWN_VALUE]) for path, value in _flat("", found.record)],
        is_partial=found.is_partial,
    )


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield each value of a record with its path, such as `emails[0].value`; the name of an extension is shortened."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            name = str(key).rpartition("extension:")[2]
            yield from _flat(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list) and any(isinstance(one, (Mapping, list)) for one in value):
        for number, inner in enumerate(value):
            yield from _flat(f"{path}[{number}]", inner)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)
