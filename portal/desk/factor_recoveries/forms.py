"""Two forms open and decide a request to replace a lost second factor."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal.shell.forms import IdempotentForm
from portal.wording import factor_recoveries

_NOTE_LENGTH = 300


class OpenForm(IdempotentForm):
    """Asks how the person was recognized."""

    recognition = forms.ChoiceField(widget=forms.RadioSelect)
    proof = forms.CharField(max_length=_NOTE_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, text()) for code, text in factor_recoveries.RECOGNITIONS.items()]
        self.set_choices("recognition", choices, _("Choose how the person was recognized."))
        self.fields["proof"].error_messages |= {
            "required": _("Enter what proved it."),
            "max_length": _("This is too long."),
        }


class DecideForm(IdempotentForm):
    """Asks for a note about a decision."""

    note = forms.CharField(required=False, max_length=_NOTE_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].error_messages["max_length"] = _("This is too long.")
