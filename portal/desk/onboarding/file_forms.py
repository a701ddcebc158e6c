"""The form takes the text of a file of customers."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.foundation import digests
from portal.desk.onboarding import customer_table
from portal.desk.onboarding.customer_table import CustomerTable
from portal.http import control_characters

LONGEST = 600_000
"""Characters: the front takes a request of 1 MiB, in which some characters take several bytes."""


class CustomersForm(control_characters.Form):
    """Asks for the customers; `table` holds them once the form is valid, and `problems` why it is not."""

    text = forms.CharField(
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "wrap": "off"}),
    )
    seen = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = CustomerTable()
        self.problems: list[str] = []
        self.fields["text"].error_messages |= {
            "required": _("Paste the customers, below a line with the columns."),
            "max_length": _("The file is too long for this page. Use manage.py customers."),
        }

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
