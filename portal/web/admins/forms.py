"""Three forms ask an admin, say that an admin has left, and close that question."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal.shell.forms import IdempotentForm
from portal.wording import absence_claims

_LENGTH = 500
CLOSE = "close"
"""What the button sends."""


class AskForm(IdempotentForm):
    """Asks for a message to an admin."""

    message = forms.CharField(max_length=_LENGTH, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["message"].error_messages |= {
            "required": _("Enter a message."),
            "max_length": _("This is too long."),
        }


class LeftForm(IdempotentForm):
    """Asks what the colleague knows about an admin."""

    reason = forms.ChoiceField(widget=forms.RadioSelect)
    message = forms.CharField(required=False, max_length=_LENGTH, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, text()) for code, text in absence_claims.REASONS.items()]
        self.set_choices("reason", choices, _("Choose what you know."))
        self.fields["message"].error_messages["max_length"] = _("This is too long.")


class ClaimForm(IdempotentForm):
    """Closes a question about an admin: only the button of the page sends `step`."""

    step = forms.ChoiceField(choices=[(CLOSE, CLOSE)])
