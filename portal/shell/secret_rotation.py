"""A form for a new secret asks how long the present one still works."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _

from portal.shell.forms import IdempotentForm

OVERLAPS: Mapping[str, tuple[int, Callable[[], str]]] = {
    "0": (0, lambda: _("Ends at once")),
    "1d": (24, lambda: _("Works for 1 more day")),
    "7d": (7 * 24, lambda: _("Works for 7 more days")),
    "30d": (30 * 24, lambda: _("Works for 30 more days")),
}
"""The hours for which the present secret still works, and their text, by the value that the form sends."""


class RotateForm(IdempotentForm):
    """Asks for how long the present secret still works."""

    overlap = forms.ChoiceField(
        widget=forms.RadioSelect, initial="7d", choices=[(key, key) for key in OVERLAPS]
    )

    def clean_overlap(self) -> int:
        """Return the hours."""
        return OVERLAPS[self.cleaned_data["overlap"]][0]


@dataclass(frozen=True, slots=True)
class OverlapChoice:
    """Describes how long the present secret still works, for `kh.choice`."""

    value: str
    label: str
    checked: bool


def choices(form: RotateForm) -> Sequence[OverlapChoice]:
    """Return the choices of the form with the chosen one."""
    chosen = form["overlap"].value()
    return [OverlapChoice(key, text(), key == chosen) for key, (_hours, text) in OVERLAPS.items()]
