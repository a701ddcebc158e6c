"""The form of onboarding has fields for an invoice and a contract contact, both optional."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from audit.foundation.errors import DomainError
from delegation.authorization import input_cleaning
from delegation.customer_contacts.new_contact import NewContact
from portal.wording import refusals

KINDS = ("invoice", "contract")


class ContactFields(forms.Form):
    """Asks how to reach the contacts; what is left empty adds no contact."""

    invoice_name = forms.CharField(required=False, max_length=input_cleaning.NAME)
    invoice_email = forms.CharField(required=False, max_length=254)
    invoice_phone = forms.CharField(required=False, max_length=40)
    contract_name = forms.CharField(required=False, max_length=input_cleaning.NAME)
    contract_email = forms.CharField(required=False, max_length=254)
    contract_phone = forms.CharField(required=False, max_length=40)


def contacts_of(data: Mapping[str, Any]) -> list[NewContact]:
    """Return the contacts that were entered, as typed."""
    typed = [
        NewContact(kind, *(str(data.get(f"{kind}_{part}") or "") for part in ("name", "email", "phone")))
        for kind in KINDS
    ]
    return [contact for contact in typed if contact.name or contact.email or contact.phone]


def problems(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the entered contacts, by field."""
    found = {}
    for contact in contacts_of(data):
        try:
            contact.cleaned()
        except DomainError as error:
            sentence = refusals.sentence_for(error)
            found[f"{contact.kind}_{sentence.field}"] = sentence.text
    return found


def checked(clean: Callable[[str], str], text: str) -> str:
    """Return the cleaned text. Raises ValidationError."""
    try:
        return clean(text)
    except DomainError as error:
        raise ValidationError(refusals.sentence_for(error).text) from error
