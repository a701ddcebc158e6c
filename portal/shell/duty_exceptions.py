"""An exception from duties to keep apart is shown with its facts and its next step, alike to admins and staff."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.utils.translation import gettext as _

from delegation.activity import queries as activity_queries
from delegation.authorization.errors import Denied, DutyExceptionOver, OwnDutyException
from delegation.authorization.verbs import Verb
from delegation.duties import commands, queries
from delegation.duties.queries import ExceptionView
from portal.http.request_context import Request
from portal.shell.forms import IdempotentForm
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import dates, duty_events, refusals, supplier_texts

ACCEPT, CLOSE = "accept", "close"
"""What the buttons send."""
NOTE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class ExceptionPart:
    """Describes an exception with what the reader can do; `hint` says why it cannot be accepted here."""

    title: str
    state: str
    facts: Sequence[tuple[str, str]]
    person_url: str
    person: str
    can_accept: bool
    close_label: str
    hint: str


class ExceptionStepForm(IdempotentForm):
    """Asks for a note, and takes the button."""

    note = forms.CharField(required=False, max_length=NOTE_LENGTH)
    step = forms.ChoiceField(choices=[(one, one) for one in (ACCEPT, CLOSE)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].error_messages |= {"max_length": _("This is too long.")}


@dataclass(frozen=True, kw_only=True)
class DutyExceptionPage(PageModel):
    """Shows an exception, and takes its next step."""

    template: ClassVar[str] = "web/duties/exception.html"

    layout: str
    """The base template: that of admins or of staff."""
    part: ExceptionPart
    form: ExceptionStepForm
    back_url: str


def exception_part(page: PageContext, view: ExceptionView, *, person_route: str) -> ExceptionPart:
    """Return the exception with its facts. Six statements at most."""
    clock = dates.Clock(page.at, page.zone)
    is_open, is_live = view.state == "open", view.state in {"open", "accepted"}
    is_own, is_requester = page.is_own(view.membership), view.requester == page.viewer.id
    may_accept = is_open and Verb.DUTY_EXCEPTION_ACCEPT in page.abilities
    hint = _hint(page, view, is_own=is_own, is_requester=is_requester) if may_accept else ""
    closes = is_live and not is_own and Verb.DUTY_EXCEPTION_CLOSE in page.abilities
    label = _("Withdraw the request") if is_requester else _("Refuse")
    return ExceptionPart(
        title=_("Exception for %(name)s") % {"name": view.person},
        state=duty_events.STATES[view.state](),
        facts=[(name, value) for name, value in _facts(view, clock) if value],
        person_url=page.url(person_route, membership=view.membership),
        person=view.person,
        can_accept=may_accept and not hint,
        close_label=(label if is_open else _("Revoke the exception")) if closes else "",
        hint=hint,
    )


def _hint(page: PageContext, view: ExceptionView, *, is_own: bool, is_requester: bool) -> str:
    if is_own:
        return _("This is about you. Another admin decides.")
    needs_supplier = queries.needs_supplier(view, at=page.at)
    if page.membership is None:
        return "" if needs_supplier else _("The customer has a second admin, who decides.")
    if not is_requester:
        return ""
    if needs_supplier:
        return _(
            "You asked for it, and there is no other admin. Ask the supplier’s customer service to accept it."
        )
    return _("You asked for it. Another admin decides.")


def _facts(view: ExceptionView, clock: dates.Clock) -> list[tuple[str, str]]:
    def by(name: str, at: dt.datetime | None) -> str:
        return f"{name}, {clock.date_time(at, seconds=False)}" if at else ""

    return [
        (_("State"), duty_events.STATES[view.state]()),
        (_("Duties"), dates.first_upper(supplier_texts.in_language(view.text))),
        (_("Until"), duty_events.last_day(view.valid_until)),
        (_("Reason"), _reason(view)),
        (_("Asked by"), by(view.requested_by, view.requested_at)),
        (_("Accepted by"), by(view.accepted_by, view.accepted_at)),
        (_("Closed by"), by(view.closed_by, view.closed_at)),
    ]


def _reason(view: ExceptionView) -> str:
    events = activity_queries.of_act(
        organization=view.row.organization_id, act=view.row.act, verb=Verb.DUTY_EXCEPTION_REQUEST.value
    )
    return next((event.personal.get("reason", "") for event in events if event.is_authentic), "")


def take_step(request: Request, page: PageContext, view: ExceptionView, form: ExceptionStepForm) -> None:
    """Run the command of the button, and leave a message. Raises Denied for readers without the right."""
    run = _accept if form.cleaned_data["step"] == ACCEPT else _close
    try:
        text = run(page, view, form.cleaned_data)
    except (DutyExceptionOver, OwnDutyException) as refusal:
        messages.info(request, refusals.sentence_for(refusal).text)
    except Denied as refusal:
        if refusal.data.get("reason") != "not_your_turn":
            raise
        messages.info(request, refusals.sentence_for(refusal).text)
    else:
        messages.success(request, text)


def _accept(page: PageContext, view: ExceptionView, data: Mapping[str, str]) -> str:
    commands.accept(
        actor=page.viewer, exception=view.row, note=data["note"], idempotency_key=data["idempotency_key"]
    )
    return _(
        "The exception is accepted. No access has changed: it can be given now, until the end of the exception."
    )


def _close(page: PageContext, view: ExceptionView, data: Mapping[str, str]) -> str:
    outcome = commands.close(
        actor=page.viewer, exception=view.row, note=data["note"], idempotency_key=data["idempotency_key"]
    )
    texts = {
        "refused": _("The request is refused. No access has changed."),
        "withdrawn": _("The request is withdrawn. No access has changed."),
    }
    return texts.get(
        outcome.result.state,
        _("The exception is revoked. The person’s access has not changed: change it now."),
    )
