"""Forms of people without a sign-in ask for an admin's place, and answer a letter of a case."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization import input_cleaning
from delegation.orphan_cases.commands.requests import Claim
from delegation.orphan_cases.new_admin import NewAdmin
from portal.http import control_characters
from portal.wording import refusals

COMPANY, NUMBER = 200, 40


class LetterForm(control_characters.Form):
    """Takes the button that was pressed, and what an objection says."""

    do = forms.ChoiceField(choices=[(one, one) for one in ("object", "yes", "no")])
    text = forms.CharField(
        required=False, max_length=input_cleaning.REASON, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].error_messages["max_length"] = _("This is too long.")


class CaseRequestForm(control_characters.Form):
    """Asks who asks, and for which company."""

    company = forms.CharField(max_length=COMPANY)
    number = forms.CharField(max_length=NUMBER)
    name = forms.CharField(max_length=input_cleaning.NAME)
    email = forms.CharField(max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        missing = {
            "company": _("Enter the company’s name."),
            "number": _("Enter the customer number or the business ID."),
            "name": _("Enter your name."),
            "email": _("Enter your e-mail address."),
        }
        for name, text in missing.items():
            self.fields[name].error_messages |= {"required": text, "max_length": _("This is too long.")}

    def keep_address(self, email: str) -> None:
        """Take this address, whose link the person has, whatever is sent."""
        field = self.fields["email"]
        field.disabled, field.initial = True, email

    def claim(self, language: str) -> Claim:
        """Return the claim that a valid form makes; the command cleans it."""
        data = self.cleaned_data
        language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        person = NewAdmin(data["email"], data["name"], language)
        return Claim(data["company"], data["number"], person)

    def add_refusal(self, error: DomainError) -> None:
        """Show the sentence at the field that it concerns, else at the top."""
        sentence = refusals.sentence_for(error)
        self.add_error(sentence.field if sentence.field in self.fields else None, sentence.text)
