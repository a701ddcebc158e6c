"""Forms add and change a contact, and set the mail domains of a customer."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization import input_cleaning
from delegation.customer_contacts.new_contact import NewContact
from portal.shell.forms import IdempotentForm
from portal.wording import input_problems, record_events, refusals

_FIELDS = {"contact_kind": "kind", "contact": "name", "mail_domains": "domains"}
"""Fields of refusals that have another name in the forms."""
_DOMAINS_LENGTH = 4000


class _RecordForm(IdempotentForm):
    def add_refusal(self, error: DomainError) -> None:
        """Show a refusal of the command at its field. Raises it again where it concerns no field of this form."""
        sentence = refusals.sentence_for(error)
        field = _FIELDS.get(sentence.field, sentence.field)
        if field not in self.fields:
            raise error
        self.add_error(field, sentence.text)


class ContactForm(_RecordForm):
    """Asks what a contact is for, the name, and how to reach the person."""

    kind = forms.ChoiceField(widget=forms.RadioSelect)
    name = forms.CharField(max_length=input_cleaning.NAME)
    email = forms.CharField(required=False, max_length=254)
    phone = forms.CharField(required=False, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(code, text()) for code, text in record_events.CONTACT_KINDS.items()]
        self.set_choices("kind", kinds, _("Choose what the contact is for."))
        self.fields["name"].error_messages["required"] = _("Enter the contact’s name.")
        for name in ("name", "email", "phone"):
            self.fields[name].error_messages["max_length"] = _("This is too long.")

    @property
    def contact(self) -> NewContact:
        """Return the contact that a valid form describes; the command cleans it."""
        data = self.cleaned_data
        return NewContact(data["kind"], data["name"], data["email"], data["phone"])


class DomainsForm(_RecordForm):
    """Asks for the customer's own mail domains."""

    domains = forms.CharField(
        required=False, max_length=_DOMAINS_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["domains"].error_messages["max_length"] = _("This is too long.")

    def clean_domains(self) -> list[str]:
        """Return the domains, which lines, commas or spaces separate. Raises ValidationError."""
        words = self.cleaned_data["domains"].replace(",", " ").split()
        try:
            return [input_cleaning.mail_domain(word) for word in words]
        except DomainError as error:
            raise ValidationError(input_problems.text_of("domain", longest="")) from error
