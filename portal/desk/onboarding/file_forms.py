"""The form takes a file of customers, or its text."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from audit.foundation import digests
from portal.desk.onboarding import customer_table
from portal.desk.onboarding.customer_table import CustomerTable
from portal.http import control_characters

LONGEST = 600_000
"""Characters: the front takes a request of 1 MiB, in which some characters take several bytes."""


class CustomersForm(control_characters.Form):
    """Asks for the customers; `table` holds them once the form is valid, and `problems` why it is not.

    The text of an uploaded file takes the place of what the text area sends: the page shows it there for the next step.
    """

    file = forms.FileField(required=False)
    text = forms.CharField(
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "wrap": "off"}),
    )
    seen = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | dict[str, Any] | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
    ) -> None:
        sent = files.get("file") if files else None
        text = _text_of(sent) if sent else ""
        if data is not None and text:
            data = data.copy()
            data["text"] = text
        super().__init__(data, files)
        self._is_unreadable = text is None
        self.table = CustomerTable()
        self.problems: list[str] = []
        self.fields["text"].error_messages |= {
            "required": _("Choose a file, or paste the customers below a line with the columns."),
            "max_length": _("The file is too long for this page. Use manage.py customers."),
        }

        self.fields["file"].error_messages["empty"] = _("The file is empty.")

    def clean_file(self) -> None:
        """Refuse a file that is no text in UTF-8. Raises ValidationError."""
        if self._is_unreadable:
            text = _("This is not a CSV file in UTF-8. In Excel, save it as “CSV UTF-8”.")
            raise ValidationError(text, code="encoding")

    @property
    def digest(self) -> str:
        """Return what distinguishes the text of a valid form: what is onboarded is what was checked."""
        return digests.digest(self.cleaned_data["text"])

    def clean_text(self) -> str:
        """Read the table. Raises ValidationError."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        self.table = customer_table.parse(text)
        self.problems = list(self.table.problems)
        if self.problems:
            raise ValidationError(self.problems, code="table")
        return text


def _text_of(file: UploadedFile) -> str | None:
    """Return the text of a file that is in memory, which the front bounds; None for one that is not UTF-8."""
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")
