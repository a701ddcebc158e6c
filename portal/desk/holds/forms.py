"""Two forms place and lift a hold."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization.errors import AlreadyExists
from portal.desk.holds.stoppable import HoldChoices
from portal.shell import forms as shell_forms
from portal.shell.forms import IdempotentForm
from portal.shell.page_context import PageContext
from portal.wording import hold_notices, refusals

_NOTE_LENGTH = 300
WITHOUT_END, ON_A_DAY = "none", "day"


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
        self.set_choices("stops", [("", _("Choose")), *choices.options], _("Choose what stops."))
        self.set_choices("reason", reasons, _("Choose a reason."))
        self.set_choices("end", ends, _("Choose when the hold ends."))
        for name in ("until", "note"):
            self.fields[name].error_messages["max_length"] = _("This is too long.")

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
        return shell_forms.end_of_day(self.cleaned_data["until"], zone=self._page.zone, at=self._page.at)

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


def _on_hold_already() -> str:
    return _("This is on hold already. To change its reason or end, lift that hold first.")
