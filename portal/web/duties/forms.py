"""The form asks for an exception from duties to keep apart: which, until when, and why."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization.duty_conflicts import Conflict
from portal.shell import forms as shell_forms
from portal.shell.duty_exceptions import NOTE_LENGTH
from portal.shell.forms import IdempotentForm
from portal.wording import dates, refusals, supplier_texts


class AskExceptionForm(IdempotentForm):
    """Asks for the conflict, the last day and the reason."""

    conflict = forms.ChoiceField()
    until = forms.CharField(max_length=40)
    reason = forms.CharField(max_length=NOTE_LENGTH)

    def __init__(
        self, *args: Any, conflicts: Iterable[Conflict], zone: ZoneInfo, at: dt.datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.at = zone, at
        choices = [
            (str(one.id), dates.first_upper(supplier_texts.in_language(one.text))) for one in conflicts
        ]
        self.set_choices("conflict", choices, _("Choose what the exception is about."))
        missing = {"until": _("Enter the last day."), "reason": _("Enter why both are needed.")}
        for name, text in missing.items():
            self.fields[name].error_messages |= {"required": text, "max_length": _("This is too long.")}

    def clean_until(self) -> dt.datetime:
        """Return the end of the entered day in the organization's time zone. Raises ValidationError."""
        return shell_forms.end_of_day(self.cleaned_data["until"], zone=self.zone, at=self.at)

    @property
    def chosen(self) -> uuid.UUID:
        """Return the conflict of a valid form."""
        return uuid.UUID(self.cleaned_data["conflict"])

    def add_refusal(self, error: DomainError) -> None:
        """Show a refusal of the command at its field."""
        sentence = refusals.sentence_for(error)
        if sentence.field == "until":
            self.add_error("until", _("An exception ends within a year. Enter an earlier day."))
        else:
            self.add_error(None, sentence.text)
