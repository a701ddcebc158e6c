"""Allauth's forms with our limits: no control characters, nothing endless, a new password typed once."""

from typing import Any

from allauth.account import forms as account
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.base.internal import flows
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from identity.people.models import User
from portal.http import input_cleaning
from portal.signin.customers import emails, one_time_codes

_LONGEST = {
    "password": 1000,
    "oldpassword": 1000,
    "password1": 1000,
    "code": 40,
    "name": 80,
    "login": 254,
    "email": 254,
}


_ADDRESS = gettext_lazy("Write an e-mail address as in name@company.com.")
_TOO_LONG = gettext_lazy("This is too long.")
_NOTHING = gettext_lazy("This is missing.")
_MISSING = {
    "login": gettext_lazy("Give your e-mail address."),
    "email": gettext_lazy("Give your e-mail address."),
    "password": gettext_lazy("Give your password."),
    "oldpassword": gettext_lazy("Give your present password."),
    "password1": gettext_lazy("Choose a password."),
    "code": gettext_lazy("Type the code."),
    "name": gettext_lazy("Give it a name."),
    "credential": gettext_lazy("The passkey did not work. Try again."),
}


class Bounded(input_cleaning.ControlCharacterCheck):
    """No field takes more than anybody would type; the second typing of a new password is left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.error_messages |= {"required": _MISSING.get(name, _NOTHING)}
            if isinstance(field, forms.EmailField):
                field.validators = [one for one in field.validators if not isinstance(one, EmailValidator)]
                field.validators.append(EmailValidator(_ADDRESS))
            if isinstance(field, forms.CharField) and name in _LONGEST:
                field.validators = [
                    *(one for one in field.validators if not isinstance(one, MaxLengthValidator)),
                    MaxLengthValidator(_LONGEST[name], _TOO_LONG),
                ]


class Login(Bounded, account.LoginForm):
    """Signing in with a password."""


class Reauthenticate(Bounded, account.ReauthenticateForm):
    """The password once more."""


class ChangePassword(Bounded, account.ChangePasswordForm):
    """The present password and a new one."""


class SetPassword(Bounded, account.SetPasswordForm):
    """A first password for somebody who has none."""


class ResetPassword(Bounded, account.ResetPasswordForm):
    """The address that a link goes to."""

    def clean_email(self) -> str:
        """One statement, whoever the address belongs to; allauth's own search takes longer for nobody."""
        email = str(self.cleaned_data["email"]).lower()
        known = EmailAddress.objects.filter(email=email, verified=True, user__is_active=True)
        self.users = [one.user for one in known.select_related("user")]
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """One mail, to the address of a customer's person; for any other the same work and no mail."""
        if not self.users:
            emails.decoy(to=self.cleaned_data["email"])
            return str(self.cleaned_data["email"])
        return str(super().save(request, **kwargs))


class ResetPasswordKey(Bounded, account.ResetPasswordKeyForm):
    """A new password, by a link."""


class UserToken(Bounded, account.UserTokenForm):
    """What stands in the link."""


class _Code:
    """The code of an app, or a recovery code: spent where it proves something (`one_time_codes`)."""

    user: User

    def clean_code(self) -> str:
        """Raises ValidationError for a wrong code, and after too many of them."""
        passed = flows.check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])  # type: ignore[attr-defined]
        found = one_time_codes.proving(user=self.user, code=code)
        if found is None:
            for one in Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP):
                self._emit_authentication_failed(one)  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        found.user = self.user
        self.authenticator = found
        passed()
        return code


class Authenticate(_Code, Bounded, mfa.AuthenticateForm):
    """The second factor at a sign-in."""


class ReauthenticateCode(_Code, Bounded, mfa.ReauthenticateForm):
    """The second factor once more."""


class ActivateTOTP(Bounded, totp.ActivateTOTPForm):
    """The first code of an authenticator app."""


class _Credential:
    """What a browser says about a passkey: anything may come here, and none of it may be a failure of ours."""

    def full_clean(self) -> None:
        try:
            super().full_clean()  # type: ignore[misc]
        except (AttributeError, KeyError, IndexError, TypeError, ValueError):
            self.add_error(  # type: ignore[attr-defined]
                "credential",
                ValidationError(gettext_lazy("The passkey did not work. Try again."), code="malformed"),
            )


class AddPasskey(_Credential, Bounded, webauthn.AddWebAuthnForm):
    """A passkey is always more than a second factor: it asks for a fingerprint, a face or a code of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("passwordless", None)


class EditPasskey(Bounded, webauthn.EditWebAuthnForm):
    """Its name."""


class LoginPasskey(_Credential, Bounded, webauthn.LoginWebAuthnForm):
    """Signing in with a passkey alone."""


class AuthenticatePasskey(_Credential, Bounded, webauthn.AuthenticateWebAuthnForm):
    """A passkey after the password."""


class ReauthenticatePasskey(_Credential, Bounded, webauthn.ReauthenticateWebAuthnForm):
    """A passkey once more."""
