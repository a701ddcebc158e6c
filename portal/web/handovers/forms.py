"""Three forms begin a handover, answer it, and complete it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal.shell.forms import IdempotentForm

NEW = "new"
"""The choice of a new address."""
ACCEPT, CLOSE = "accept", "close"
"""What the buttons send."""
LEAVE = "leave"


class SuccessorForm(IdempotentForm):
    """Asks for a colleague or a new address."""

    successor = forms.ChoiceField(widget=forms.RadioSelect)
    email = forms.CharField(required=False, max_length=254)

    def __init__(self, *args: Any, people: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one, one) for one in (*people, NEW)]
        self.set_choices("successor", choices, _("Choose a successor."))
        self.fields["email"].error_messages["max_length"] = _("This is too long.")

    def clean(self) -> dict[str, Any]:
        """Ask for the address where a new one was chosen."""
        data = super().clean() or self.cleaned_data
        if data.get("successor") == NEW and not data.get("email") and "email" not in self.errors:
            self.add_error("email", _("Enter an e-mail address."))
        return data


class AnswerForm(IdempotentForm):
    """Accepts, declines or cancels: only the buttons of the page send `step`."""

    step = forms.ChoiceField(choices=[(ACCEPT, ACCEPT), (CLOSE, CLOSE)])


class FateForm(IdempotentForm):
    """Asks what becomes of the giver."""

    fate = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, tiers: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one, one) for one in (*tiers, LEAVE)]
        self.set_choices("fate", choices, _("Choose what becomes of you."))
