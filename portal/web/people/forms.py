"""An admin removes colleagues by this form."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal.shell.forms import IdempotentForm
from portal.wording import removal_reasons

_NOTE_LENGTH = 300


class RemovalForm(IdempotentForm):
    """Asks for the reason of a removal, with a note for the log."""

    reason = forms.ChoiceField()
    note = forms.CharField(required=False, max_length=_NOTE_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        if isinstance(field, forms.ChoiceField):
            field.choices = removal_reasons.choices()
        missing = _("Choose a reason.")
        field.error_messages |= {"required": missing, "invalid_choice": missing}
        self.fields["note"].error_messages["max_length"] = _("This is too long.")

    @property
    def log_reason(self) -> str:
        """Return the reason as the log records it."""
        return removal_reasons.log_reason(code=self.cleaned_data["reason"], note=self.cleaned_data["note"])
