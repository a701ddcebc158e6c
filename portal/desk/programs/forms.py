"""Forms create a program of the supplier, make a new secret for it, and end it."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.foundation.errors import DomainError
from delegation.authorization import input_cleaning
from portal.desk.programs import wording
from portal.shell import secret_rotation
from portal.shell.forms import IdempotentForm
from portal.wording import cldr, refusals

DAYS = ("30", "90", "180")
"""For how many days a program lasts."""
SAME = "same"


def _days() -> list[tuple[str, str]]:
    return [
        (days, ngettext("%(number)s day", "%(number)s days", int(days)) % {"number": cldr.number(int(days))})
        for days in DAYS
    ]


def _until(lasts: str, at: dt.datetime) -> dt.datetime:
    """Return the beginning of the last day, in UTC: a form that is sent twice asks twice for the same."""
    day = at.astimezone(dt.UTC).date() + dt.timedelta(days=int(lasts))
    return dt.datetime.combine(day, dt.time(), dt.UTC)


class ProgramForm(IdempotentForm):
    """Asks for the name of a program, what it may do, how long, and what it is for."""

    name = forms.CharField(max_length=input_cleaning.NAME)
    scopes = forms.MultipleChoiceField()
    lasts = forms.ChoiceField(initial="90")
    reason = forms.CharField(max_length=input_cleaning.REASON)

    def __init__(self, *args: Any, scopes: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(scope, wording.SCOPES[scope]()) for scope in scopes]
        self.set_choices("scopes", choices, _("Choose what the program may do."))
        self.set_choices("lasts", _days(), _("Choose how long it lasts."))
        self.fields["name"].error_messages["required"] = _("Enter a name for the program.")
        self.fields["reason"].error_messages["required"] = _("Enter what the program is for.")
        for name in ("name", "reason"):
            self.fields[name].error_messages["max_length"] = _("This is too long.")

    def until(self, at: dt.datetime) -> dt.datetime:
        """Return the end of a valid form that is sent at this instant."""
        return _until(self.cleaned_data["lasts"], at)

    def add_refusal(self, error: DomainError) -> None:
        """Show a refusal of the command at its field. Raises it again where it concerns no field of this form."""
        if error.data.get("field") == "scopes":
            self.add_error("scopes", _("Your rights do not allow all of this any more. Choose less."))
            return
        sentence = refusals.sentence_for(error)
        if sentence.field not in self.fields:
            raise error
        self.add_error(sentence.field, sentence.text)


class NewSecretForm(secret_rotation.RotateForm):
    """Asks for how long the present secret still works, and how long the program lasts."""

    lasts = forms.ChoiceField(initial=SAME)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(SAME, _("As before")), *_days()]
        self.set_choices("lasts", choices, _("Choose how long it lasts."))

    def until(self, at: dt.datetime) -> dt.datetime | None:
        """Return the end of a valid form that is sent at this instant; None for the end that the program has."""
        lasts = self.cleaned_data["lasts"]
        return None if lasts == SAME else _until(lasts, at)


class EndProgramForm(IdempotentForm):
    """Asks why a program ends."""

    reason = forms.CharField(max_length=input_cleaning.REASON)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        messages: Mapping[str, str] = {
            "required": _("Enter a reason."),
            "max_length": _("This is too long."),
        }
        self.fields["reason"].error_messages |= messages
