"""These forms ask what support may do, and whether a code is needed."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal.shell.forms import IdempotentForm

LOOK, PREPARE, CODE = "look", "prepare", "code"
HIDDEN, SHOWN = "hidden", "shown"


class AllowForm(IdempotentForm):
    """Asks what support may do, and whether personal data stays hidden, which it does unless the person says no."""

    mode = forms.ChoiceField(widget=forms.RadioSelect)
    personal = forms.ChoiceField(widget=forms.RadioSelect, initial=HIDDEN)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.set_choices("mode", [(LOOK, LOOK), (PREPARE, PREPARE)], _("Choose what support may do."))
        self.set_choices(
            "personal", [(HIDDEN, HIDDEN), (SHOWN, SHOWN)], _("Choose whether personal data is hidden.")
        )


class RuleForm(IdempotentForm):
    """Asks whether support needs a code of the person."""

    mode = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(CODE, CODE), (LOOK, LOOK), (PREPARE, PREPARE)]
        self.set_choices("mode", choices, _("Choose whether support needs a code."))
