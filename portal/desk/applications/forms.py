"""A form asks for how long deliveries are paused."""

from collections.abc import Callable, Mapping

from django import forms
from django.utils.translation import gettext as _

from portal.shell.forms import IdempotentForm

DURATIONS: Mapping[str, tuple[int, Callable[[], str]]] = {
    "1h": (1, lambda: _("1 hour")),
    "4h": (4, lambda: _("4 hours")),
    "1d": (24, lambda: _("1 day")),
    "7d": (7 * 24, lambda: _("7 days")),
}
"""The hours and their text, by the value that the form sends."""


class PauseForm(IdempotentForm):
    """Asks for the length of a pause."""

    duration = forms.ChoiceField(
        widget=forms.RadioSelect, initial="1h", choices=[(key, key) for key in DURATIONS]
    )

    def clean_duration(self) -> int:
        """Return the length in hours."""
        return DURATIONS[self.cleaned_data["duration"]][0]
