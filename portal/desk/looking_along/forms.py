"""Staff enter the code that a caller reads aloud, or a reason."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.shell.forms import IdempotentForm

_REASON_LENGTH, _DIGITS = 300, 6


class CodeForm(IdempotentForm):
    """Asks for the six digits."""

    code = forms.CharField(max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        messages = {"required": _("Enter the six digits."), "max_length": _("Enter the six digits.")}
        self.fields["code"].error_messages |= messages

    def clean_code(self) -> str:
        """Return the digits. Raises ValidationError for another number of them."""
        code = "".join(str(self.cleaned_data["code"]).split())
        if len(code) != _DIGITS or not (code.isascii() and code.isdigit()):
            raise ValidationError(_("Enter the six digits."))
        return code


class ReasonForm(IdempotentForm):
    """Asks why a look begins without a code."""

    reason = forms.CharField(max_length=_REASON_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        messages = {"required": _("Enter a reason."), "max_length": _("This is too long.")}
        self.fields["reason"].error_messages |= messages
