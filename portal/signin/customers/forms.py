"""Allauth's forms get our limits: no control characters, a maximum length, a new password typed once."""

from typing import Any

from allauth.account import forms as account
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from audit.foundation import clock
from identity.people import addresses
from identity.people.models import User
from portal.http import control_characters, request_data
from portal.signin.customers import (
    authenticator_apps,
    emails,
    events,
    one_time_codes,
    passkey_answers,
    secret_attempts,
)

_MAX_LENGTHS = {
    "password": 1000,
    "oldpassword": 1000,
    "password1": 1000,
    "code": 40,
    "name": 80,
    "login": 254,
    "email": 254,
}


_ADDRESS = gettext_lazy("Enter an e-mail address, for example name@company.com.")
_TOO_LONG = gettext_lazy("This is too long.")
_NOTHING = gettext_lazy("Fill this in.")
_MISSING = {
    "login": gettext_lazy("Enter your e-mail address."),
    "email": gettext_lazy("Enter your e-mail address."),
    "password": gettext_lazy("Enter your password."),
    "oldpassword": gettext_lazy("Enter your current password."),
    "password1": gettext_lazy("Enter a new password."),
    "code": gettext_lazy("Enter the code."),
    "name": gettext_lazy("Enter a name."),
    "credential": gettext_lazy("The passkey did not work. Try again."),
}


class Bounded(control_characters.ControlCharacterCheck):
    """Limits the length of every field, and removes the repetition of a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.error_messages |= {"required": _MISSING.get(name, _NOTHING)}
            if isinstance(field, forms.EmailField):
                field.validators = [
                    validator for validator in field.validators if not isinstance(validator, EmailValidator)
                ]
            if isinstance(field, forms.CharField) and name in _MAX_LENGTHS:
                field.validators = [
                    *(
                        validator
                        for validator in field.validators
                        if not isinstance(validator, MaxLengthValidator)
                    ),
                    MaxLengthValidator(_MAX_LENGTHS[name], _TOO_LONG),
                ]


class _Address:
    """Replaces the typed address by its one spelling (`identity.people.addresses`)."""

    def _canonical(self, name: str) -> str:
        try:
            return addresses.canonical(str(self.cleaned_data[name]))  # type: ignore[attr-defined]
        except addresses.InvalidAddress as error:
            raise ValidationError(_ADDRESS, code="invalid") from error


class LoginForm(_Address, Bounded, account.LoginForm):
    """Asks for the address and the password."""

    def clean_login(self) -> str:
        """Return the address. Raises ValidationError."""
        return self._canonical("login")


class ReauthenticateForm(Bounded, account.ReauthenticateForm):
    """Asks a signed-in person for the password again."""


class ChangePasswordForm(Bounded, account.ChangePasswordForm):
    """Asks for the current password and a new one."""

    def clean_oldpassword(self) -> str:
        """Compare the current password within the limits. Raises ValidationError."""
        secret_attempts.require_allowed(context.request)
        try:
            return str(super().clean_oldpassword())
        except ValidationError:
            secret_attempts.mark_failed(context.request)
            raise


class SetPasswordForm(Bounded, account.SetPasswordForm):
    """Asks a person without a password for the first one."""


class ResetPasswordForm(_Address, Bounded, account.ResetPasswordForm):
    """Asks for the address that receives the link."""

    def clean_email(self) -> str:
        """Find the person by one statement for every address; allauth's own search takes longer for an unknown one."""
        email = self._canonical("email")
        known = EmailAddress.objects.filter(email=email, verified=True, user__is_active=True)
        self.users = [address.user for address in known.select_related("user")]
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Queue a mail to a customer's person; for others, and beyond the limits, do the same work without a mail."""
        address, user = self.cleaned_data["email"], next(iter(self.users), None)
        if not secret_attempts.take_reset_mail(request, address=address, user=user) or not self.users:
            emails.imitate_reset(to=address)
            return str(address)
        return str(super().save(request, **kwargs))


class ResetPasswordKeyForm(Bounded, account.ResetPasswordKeyForm):
    """Asks for a new password after the link was opened."""


class UserTokenForm(Bounded, account.UserTokenForm):
    """Checks the token of the link."""


class _Code:
    """Asks for the code of an app or a recovery code, which `one_time_codes` accepts once."""

    user: User

    def clean_code(self) -> str:
        """Use up the code. Raises ValidationError for a wrong one, and after too many wrong ones."""
        secret_attempts.require_allowed(context.request)
        code = str(self.cleaned_data["code"])  # type: ignore[attr-defined]
        authenticator = one_time_codes.spend(user=self.user, code=code)
        if authenticator is None:
            secret_attempts.mark_failed(context.request)
            # Allauth's signal names an authenticator, which a person who has passkeys only need not have.
            has_app = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).exists()
            kind = Authenticator.Type.TOTP if has_app else Authenticator.Type.RECOVERY_CODES
            events.failed(user=self.user, method=str(kind))
            raise get_adapter().validation_error("incorrect_code")
        authenticator.user = self.user
        self.authenticator = authenticator
        return code


class AuthenticateForm(_Code, Bounded, mfa.AuthenticateForm):
    """Asks for the second factor at a sign-in."""


class ReauthenticateCodeForm(_Code, Bounded, mfa.ReauthenticateForm):
    """Asks a signed-in person for the second factor again."""


class ActivateTOTPForm(Bounded, forms.Form):
    """Asks for the first code of an authenticator app. `time_step` is the step that a valid code uses up."""

    code = forms.CharField()
    time_step: int

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.secret = authenticator_apps.pending_secret(context.request, user, renew=not self.is_bound)

    def clean_code(self) -> str:
        """Check the code; nothing can be guessed, because the page shows the secret. Raises ValidationError."""
        code = str(self.cleaned_data["code"])
        step = authenticator_apps.accepted_step(secret=self.secret, code=code, at=clock.wall())
        if step is None:
            raise get_adapter().validation_error("incorrect_code")
        self.time_step = step
        return code


_MALFORMED = ValidationError(_MISSING["credential"], code="malformed")


class _CredentialField(forms.CharField):
    """Reads the JSON of a browser's answer (`portal.http.request_data`)."""

    widget = forms.HiddenInput
    answer: Any = None
    """The object that was read, as the form's own cleaning replaces it by the passkey."""

    def to_python(self, value: Any) -> Any:
        """Return the object. Raises ValidationError."""
        text = super().to_python(value)
        credential = request_data.json_object(text) if text else None
        if text and (credential is None or not passkey_answers.is_for_this_origin(credential)):
            raise _MALFORMED
        self.answer = credential
        return credential


class _Credential:
    """Reads a browser's answer about a passkey; malformed values are an error of the form, not of the server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = self.fields  # type: ignore[attr-defined]
        fields["credential"] = _CredentialField(error_messages={"required": _MISSING["credential"]})

    def add_error(self, field: str | None, error: Any) -> None:
        """Say that the passkey did not work, where allauth says that a code is incorrect."""
        is_code = getattr(error, "code", "") == "incorrect_code"
        super().add_error(field, _MALFORMED if is_code else error)  # type: ignore[misc]

    def full_clean(self) -> None:
        try:
            super().full_clean()  # type: ignore[misc]
            answer = self.fields["credential"].answer  # type: ignore[attr-defined]
            if self.is_bound and self.is_valid() and not passkey_answers.spend(answer):  # type: ignore[attr-defined]
                self.add_error("credential", _MALFORMED)
        # The library decodes the CBOR inside the object, and recurses once for each of its levels.
        except (AttributeError, KeyError, IndexError, RecursionError, TypeError, ValueError):
            self.add_error("credential", _MALFORMED)


class AddPasskeyForm(_Credential, Bounded, webauthn.AddWebAuthnForm):
    """Every passkey verifies its user (fingerprint, face or code), so it is more than a second factor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("passwordless", None)


class EditPasskeyForm(Bounded, webauthn.EditWebAuthnForm):
    """Changes the name of a passkey."""


class LoginPasskeyForm(_Credential, Bounded, webauthn.LoginWebAuthnForm):
    """Signs a person in with a passkey alone."""


class AuthenticatePasskeyForm(_Credential, Bounded, webauthn.AuthenticateWebAuthnForm):
    """Asks for a passkey after the password."""


class ReauthenticatePasskeyForm(_Credential, Bounded, webauthn.ReauthenticateWebAuthnForm):
    """Asks a signed-in person for a passkey again."""
