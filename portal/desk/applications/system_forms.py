"""Forms connect a system to an application, change the connection, and ask for a person to preview."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization.errors import InvalidInput
from portal.http import control_characters
from portal.shell.forms import IdempotentForm
from portal.wording import refusals

ON_REMOVAL: Mapping[str, Callable[[], str]] = {
    "deactivate": lambda: _("Deactivate the account"),
    "delete": lambda: _("Delete the account"),
}
RECORD_PER: Mapping[str, Callable[[], str]] = {
    "person": lambda: _("One for each person"),
    "membership": lambda: _("One for each person and customer"),
}
NAME_FORM: Mapping[str, Callable[[], str]] = {
    "formatted": lambda: _("The whole name"),
    "given_and_family": lambda: _("Given and family name"),
}
MEDIA_TYPE: Mapping[str, Callable[[], str]] = {
    "application/scim+json": lambda: "application/scim+json",
    "application/json": lambda: "application/json",
}


class SystemForm(IdempotentForm):
    """Asks for the address, the token and the profile of a system; a change may leave the token as it is."""

    base_url = forms.CharField(max_length=500)
    token = forms.CharField(max_length=4000, widget=forms.PasswordInput(attrs={"autocomplete": "off"}))
    record_per = forms.ChoiceField()
    on_removal = forms.ChoiceField()
    name_form = forms.ChoiceField()
    media_type = forms.ChoiceField()
    send_phone = forms.BooleanField(required=False)
    verify_writes = forms.BooleanField(required=False)
    include_applications = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    anyway = forms.BooleanField(required=False)

    def __init__(self, *args: Any, is_new: bool, applications: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new, self.others = is_new, applications
        choices = {
            "record_per": RECORD_PER,
            "on_removal": ON_REMOVAL,
            "name_form": NAME_FORM,
            "media_type": MEDIA_TYPE,
        }
        for name, texts in choices.items():
            self._choose(name, [(key, text()) for key, text in texts.items()])
        self._choose("include_applications", list(applications.items()))
        self.fields["token"].required = is_new
        for name in ("verify_writes", *(() if is_new else ("record_per",))):
            if is_new or name != "verify_writes":
                del self.fields[name]
        for field in self.fields.values():
            field.error_messages |= {"required": _("Fill this in."), "max_length": _("This is too long.")}
        control_characters.refuse_control_characters(self)

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def settings(self) -> dict[str, Any]:
        """Return what the form says, as commands take it; without a token where none was entered."""
        data = {name: value for name, value in self.cleaned_data.items() if name in _SETTINGS}
        if not data["token"]:
            del data["token"]
        return data

    def add_refusal(self, error: DomainError) -> None:
        """Show a refusal of the command at its field. Raises it again where it concerns no field of this form."""
        sentence = refusals.sentence_for(error)
        if not isinstance(error, InvalidInput) or sentence.field not in self.fields:
            raise error
        self.add_error(sentence.field, sentence.text)


_SETTINGS = SystemForm.base_fields.keys() - {"idempotency_key", "anyway"}


class PersonForm(control_characters.Form):
    """Asks for the work e-mail of a person."""

    email = forms.CharField(max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages |= {
            "required": _("Enter a work e-mail."),
            "max_length": _("This is too long."),
        }
