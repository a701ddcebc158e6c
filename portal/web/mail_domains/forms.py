"""Forms add a mail domain and withdraw one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization import input_cleaning
from portal.shell.forms import IdempotentForm
from portal.wording import input_problems


class AddDomainForm(IdempotentForm):
    """Asks for a domain."""

    domain = forms.CharField(max_length=253)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["domain"].error_messages |= {
            "required": _("Enter a domain, such as acme.example."),
            "max_length": _("This is too long."),
        }

    def clean_domain(self) -> str:
        """Return the one spelling of the domain. Raises ValidationError."""
        try:
            return input_cleaning.mail_domain(self.cleaned_data["domain"])
        except DomainError as error:
            raise ValidationError(input_problems.text_of("domain")) from error


class WithdrawForm(IdempotentForm):
    """Confirms that a domain is withdrawn."""

    domain = forms.CharField(max_length=253, widget=forms.HiddenInput)
