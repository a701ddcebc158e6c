"""Forms create a program that calls the REST API, make a new secret for it, and end it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.foundation.errors import DomainError
from delegation.authorization import input_cleaning
from portal.shell import secret_rotation
from portal.shell.forms import IdempotentForm
from portal.wording import cldr, refusals

SAME = "same"


def _lasting(days: Sequence[str]) -> list[tuple[str, str]]:
    return [
        (one, ngettext("%(number)s day", "%(number)s days", int(one)) % {"number": cldr.number(int(one))})
        for one in days
    ]


def _until(lasts: str, at: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return the beginning of the last day in this zone: a form that is sent twice asks twice for the same."""
    day = at.astimezone(zone).date() + dt.timedelta(days=int(lasts))
    return dt.datetime.combine(day, dt.time(), zone)


class ProgramForm(IdempotentForm):
    """Asks for the name of a program, what it may do, how long, and what it is for.

    `scopes` are those that the reader can give, with their labels; `days` are for how many days it may last.
    """

    name = forms.CharField(max_length=input_cleaning.NAME)
    scopes = forms.MultipleChoiceField()
    lasts = forms.ChoiceField(initial="90")
    reason = forms.CharField(max_length=input_cleaning.REASON)

    def __init__(self, *args: Any, scopes: Mapping[str, str], days: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.set_choices("scopes", list(scopes.items()), _("Choose what the program may do."))
        self.set_choices("lasts", _lasting(days), _("Choose how long it lasts."))
        self.fields["name"].error_messages["required"] = _("Enter a name for the program.")
        self.fields["reason"].error_messages["required"] = _("Enter what the program is for.")
        for name in ("name", "reason"):
            self.fields[name].error_messages["max_length"] = _("This is too long.")

    def until(self, at: dt.datetime, *, zone: dt.tzinfo = dt.UTC) -> dt.datetime:
        """Return the end of a valid form that is sent at this instant."""
        return _until(self.cleaned_data["lasts"], at, zone)

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

    def __init__(self, *args: Any, days: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(SAME, _("As before")), *_lasting(days)]
        self.set_choices("lasts", choices, _("Choose how long it lasts."))

    def until(self, at: dt.datetime, *, zone: dt.tzinfo = dt.UTC) -> dt.datetime | None:
        """Return the end of a valid form that is sent at this instant; None for the end that the program has."""
        lasts = self.cleaned_data["lasts"]
        return None if lasts == SAME else _until(lasts, at, zone)


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
