"""The form that invites a colleague, and the form by which a newcomer accepts."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.people import names
from portal.http import input_cleaning
from portal.signin.customers import invitations
from portal.web.access.forms import AccessForm

_NAME_LENGTH = 200
_ADDRESS_LENGTH = 254
_PASSWORD_LENGTH = 1000


class InvitationForm(AccessForm):
    """Asks for the invited person's address and name, and the access they will have."""

    field_order = ("email", "name")
    email = forms.CharField(max_length=_ADDRESS_LENGTH)
    name = forms.CharField(required=False, max_length=_NAME_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["required"] = _("Enter an e-mail address.")

    def clean_email(self) -> str:
        """Return one address, in lower case. Raises ValidationError."""
        address = str(self.cleaned_data["email"]).strip().rstrip(",;")
        if address.count("@") > 1:
            raise ValidationError(_("Enter one address at a time."))
        try:
            validate_email(address)
        except ValidationError as error:
            raise ValidationError(_("Enter the whole address, for example name@company.com.")) from error
        return address.lower()


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
        """Clean the name. Raises ValidationError for one that holds only spaces."""
        name = names.clean(self.cleaned_data["name"])
        if not name:
            raise ValidationError(_("Enter your name."), code="required")
        return name

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
