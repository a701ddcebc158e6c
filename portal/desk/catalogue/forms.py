"""Forms take a catalogue file, and decide a proposed one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from delegation.catalogue import catalog_file
from delegation.catalogue.catalog_file import InvalidCatalogue
from delegation.catalogue.defaults import Catalogue
from portal.http import control_characters
from portal.shell import catalogue_file
from portal.shell.forms import IdempotentForm

_LONGEST = 60_000
_REASON_LENGTH = 300


class FileForm(IdempotentForm):
    """Asks for the text of a catalogue file; `problems` has a line for each of its errors."""

    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 20, "spellcheck": "false"}), strip=False)
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.catalogue: Catalogue | None = None
        self.problems: list[str] = []
        self.fields["text"].error_messages["required"] = _("Paste the catalogue file.")
        control_characters.refuse_control_characters(self)

    def clean_text(self) -> str:
        """Parse the file and collect its errors. Raises ValidationError."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        if len(text.encode()) > _LONGEST:
            raise ValidationError(
                _("The file is too long for this page. Use manage.py catalog apply."), code="long"
            )
        try:
            self.catalogue = catalog_file.parse(text=text)
        except InvalidCatalogue as error:
            self.problems = str(error).splitlines()
        else:
            self.problems = catalogue_file.problems(self.catalogue)
        if self.problems:
            raise ValidationError(_("The file has errors. Nothing was compared."), code="invalid")
        return text


class DecisionForm(IdempotentForm):
    """Agrees to the difference that was seen, or refuses the proposal with a reason."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    reason = forms.CharField(required=False, max_length=_REASON_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].error_messages["max_length"] = _("This is too long.")
