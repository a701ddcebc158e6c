"""The form that invites a colleague, and the form by which a newcomer accepts."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.people import addresses, names
from portal.http import input_cleaning
from portal.signin.customers import invitations
from portal.web.access.forms import AccessForm
from portal.wording import refusals

_NAME_LENGTH = 200
_ADDRESS_LENGTH = 254
_PASSWORD_LENGTH = 1000


def _checked_name(text: str, *, missing: str) -> str:
    """Clean a name. Raises ValidationError."""
    faults: dict[str, Any] = {
        "missing": missing,
        "characters": refusals.CONTROL_CHARACTERS,
        "link": refusals.LINK_IN_NAME,
    }
    if fault := names.fault(text):
        raise ValidationError(faults[fault], code=fault)
    return names.clean(text)


class InvitationForm(AccessForm):
    """Asks for the invited person's address and name, and the access they will have."""

    field_order = ("email", "name")
    email = forms.CharField(max_length=_ADDRESS_LENGTH)
    name = forms.CharField(required=False, max_length=_NAME_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["required"] = _("Enter an e-mail address.")

    def clean_email(self) -> str:
        """Return the one spelling of one address. Raises ValidationError."""
        address = str(self.cleaned_data["email"]).strip().rstrip(",;")
        if address.count("@") > 1:
            raise ValidationError(_("Enter one address at a time."))
        try:
            return addresses.canonical(address)
        except addresses.InvalidAddress as error:
            raise ValidationError(_("Enter the whole address, for example name@company.com.")) from error

    def clean_name(self) -> str:
        """Clean the name, which may be left out. Raises ValidationError."""
        typed = str(self.cleaned_data["name"])
        return _checked_name(typed, missing=_("Enter a name.")) if typed else ""


class NewcomerForm(input_cleaning.Form):
    """Asks a person without a user for name and password; the invitation holds everything else."""

    name = forms.CharField(
        max_length=_NAME_LENGTH, error_messages={"required": gettext_lazy("Enter your name.")}
    )
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput,
        validators=[MaxLengthValidator(_PASSWORD_LENGTH)],
        error_messages={"required": gettext_lazy("Enter a new password.")},
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_name(self) -> str:
        """Clean the name. Raises ValidationError."""
        return _checked_name(self.cleaned_data["name"], missing=_("Enter your name."))

    def clean(self) -> dict[str, Any]:
        """Validate the password against name and address; an error stands at its field."""
        password = self.cleaned_data.get("password")
        if password:
            try:
                invitations.validate_password(
                    password=password, email=self.email, name=self.cleaned_data.get("name", "")
                )
            except ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data
