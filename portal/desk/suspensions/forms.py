"""Two forms suspend and resume a customer."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal.shell import forms as shell_forms
from portal.shell.forms import IdempotentForm
from portal.shell.page_context import PageContext
from portal.wording import suspension_notices

_NOTE_LENGTH = 300
WITHOUT_END, ON_A_DAY = "none", "day"


class SuspendForm(IdempotentForm):
    """Asks why, until when, and for a note."""

    reason = forms.ChoiceField(widget=forms.RadioSelect)
    end = forms.ChoiceField(widget=forms.RadioSelect, initial=WITHOUT_END)
    until = forms.CharField(required=False, max_length=40)
    note = forms.CharField(required=False, max_length=_NOTE_LENGTH)

    def __init__(self, *args: Any, page: PageContext, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._page = page
        reasons = [(code, text()) for code, text in suspension_notices.REASONS.items()]
        ends = [(WITHOUT_END, WITHOUT_END), (ON_A_DAY, ON_A_DAY)]
        self.set_choices("reason", reasons, _("Choose a reason."))
        self.set_choices("end", ends, _("Choose when the suspension ends."))
        for name in ("until", "note"):
            self.fields[name].error_messages["max_length"] = _("This is too long.")

    def clean_until(self) -> dt.datetime | None:
        """Return the end of the entered day in the customer's time zone. Raises ValidationError."""
        if self.cleaned_data.get("end") != ON_A_DAY:
            return None
        return shell_forms.end_of_day(self.cleaned_data["until"], zone=self._page.zone, at=self._page.at)


class ResumeForm(IdempotentForm):
    """Asks for a note about why the shown suspension ends."""

    suspension = forms.UUIDField()
    """The suspension that the page showed: a later one is not lifted by it."""
    note = forms.CharField(required=False, max_length=_NOTE_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        expired = _("This page has expired. Open it again.")
        self.fields["suspension"].error_messages |= {"required": expired, "invalid": expired}
        self.fields["note"].error_messages["max_length"] = _("This is too long.")
