"""Two forms place and lift a hold."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization.errors import AlreadyExists, InvalidAccess
from portal.desk.holds.stoppable import HoldChoices
from portal.http import control_characters
from portal.shell.forms import IdempotentForm
from portal.shell.page_context import PageContext
from portal.wording import dates, hold_notices, refusals

_NOTE_LENGTH = 300
WITHOUT_END, ON_A_DAY = "none", "day"
_EXAMPLE = dt.date(2026, 12, 24)


class HoldForm(IdempotentForm):
    """Asks what to stop, why, until when, and for a note."""

    stops = forms.ChoiceField()
    reason = forms.ChoiceField(widget=forms.RadioSelect)
    end = forms.ChoiceField(widget=forms.RadioSelect, initial=WITHOUT_END)
    until = forms.CharField(required=False, max_length=40)
    note = forms.CharField(required=False, max_length=_NOTE_LENGTH)

    def __init__(
        self, *args: Any, page: PageContext, choices: HoldChoices, places: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._page, self._choices, self._places = page, choices, places
        reasons = [(code, text()) for code, text in hold_notices.REASONS.items()]
        ends = [(WITHOUT_END, WITHOUT_END), (ON_A_DAY, ON_A_DAY)]
        self._choose("stops", [("", _("Choose")), *choices.options], _("Choose what stops."))
        self._choose("reason", reasons, _("Choose a reason."))
        self._choose("end", ends, _("Choose when the hold ends."))
        for name in ("until", "note"):
            self.fields[name].error_messages["max_length"] = _("This is too long.")
        control_characters.refuse_control_characters(self)

    def _choose(self, name: str, choices: list[Any], missing: str) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices
        invalid = _("This is not one of the choices. Choose again.")
        field.error_messages |= {"required": missing, "invalid_choice": invalid}

    def clean_stops(self) -> str:
        """Refuse what is on hold already, before the command does. Raises ValidationError.

        A form that places the hold is left to the command: sent again, it is the request that placed this hold.
        """
        stops = str(self.cleaned_data["stops"])
        if not self._places and stops in self._choices.on_hold:
            raise ValidationError(_on_hold_already(), code="on_hold")
        return stops

    def clean_until(self) -> dt.datetime | None:
        """Return the end of the entered day in the customer's time zone. Raises ValidationError."""
        if self.cleaned_data.get("end") != ON_A_DAY:
            return None
        typed = self.cleaned_data["until"]
        day = dates.parse_day(typed)
        if day is None:
            raise ValidationError(dates.day_error(typed, example=example_day()), code="day")
        until = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self._page.zone)
        if until <= self._page.at:
            past = InvalidAccess(field="until", problem="past")
            raise ValidationError(refusals.sentence_for(past).text, code="past")
        return until

    def add_refusal(self, error: DomainError) -> None:
        """Show a refusal of the command at its field. Raises it again where it concerns no field of this form."""
        sentence = refusals.sentence_for(error)
        if isinstance(error, AlreadyExists):
            self.add_error("stops", _on_hold_already())
        elif sentence.field in self.fields:
            self.add_error(sentence.field, sentence.text)
        else:
            raise error


class LiftForm(IdempotentForm):
    """Asks for a note about why a hold is lifted."""

    note = forms.CharField(required=False, max_length=_NOTE_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].error_messages["max_length"] = _("This is too long.")


def example_day() -> str:
    """Return a sample date, written as the active language writes dates."""
    return dates.typed_day(_EXAMPLE)


def _on_hold_already() -> str:
    return _("This is on hold already. To change its reason or end, lift that hold first.")
