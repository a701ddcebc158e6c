"""Customers' people sign in by django-allauth, and sign up by invitation only (signin.customers.adapter)."""

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from portal.settings import base, security, staff_variables

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.signin.customers.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 0  # allauth's own answer, always no: `signin.customers.assurance` decides
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(base.ISSUER).scheme
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "portal.signin.customers.reset_tokens.ResetTokens"  # noqa: S105 - a class
PASSWORD_RESET_TIMEOUT = 2 * 3600
# Limits are in signin.customers.rate_limits: allauth's own know no browser, and would lock a person out.
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
ACCOUNT_FORMS = {
    "login": "portal.signin.customers.forms.LoginForm",
    "reauthenticate": "portal.signin.customers.forms.ReauthenticateForm",
    "change_password": "portal.signin.customers.forms.ChangePasswordForm",
    "set_password": "portal.signin.customers.forms.SetPasswordForm",
    "reset_password": "portal.signin.customers.forms.ResetPasswordForm",
    "reset_password_from_key": "portal.signin.customers.forms.ResetPasswordKeyForm",
    "user_token": "portal.signin.customers.forms.UserTokenForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = security.PROXIES  # each of them appends to X-Forwarded-For
MFA_ADAPTER = "portal.signin.customers.factors.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]  # recovery codes are our own (signin.customers.recovery_codes)
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TRUST_ENABLED = False
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_ISSUER = base.SUPPLIER_NAME
MFA_FORMS = {
    "authenticate": "portal.signin.customers.forms.AuthenticateForm",
    "reauthenticate": "portal.signin.customers.forms.ReauthenticateCodeForm",
    "activate_totp": "portal.signin.customers.forms.ActivateTOTPForm",
    "add_webauthn": "portal.signin.customers.forms.AddPasskeyForm",
    "edit_webauthn": "portal.signin.customers.forms.EditPasskeyForm",
    "login_webauthn": "portal.signin.customers.forms.LoginPasskeyForm",
    "authenticate_webauthn": "portal.signin.customers.forms.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": "portal.signin.customers.forms.ReauthenticatePasskeyForm",
}
STAFF_SIGN_IN: dict[str, Any] = {
    "issuer": staff_variables.ISSUER.value(),
    "client_id": staff_variables.CLIENT_ID.value(),
    "client_secret": staff_variables.CLIENT_SECRET.value(),
    "algorithm": staff_variables.ALGORITHM.value(),
    "groups_claim": staff_variables.GROUPS_CLAIM.value(),
    "groups": staff_variables.GROUPS.value(),
    "assurance": staff_variables.ASSURANCE.value(),
}
"""The supplier's own identity provider (`portal.signin.staff.configuration`); no issuer, no staff sign-in."""
STAFF_ALERTS = staff_variables.ALERTS.value()
CATALOGUE_LOSSES_BY_ONE = staff_variables.CATALOGUE_LOSSES.value()
"""How many people may lose something by a catalogue that one person applies."""
ORPHAN_WAIT = dt.timedelta(hours=staff_variables.ORPHAN_WAIT.value())
ORPHAN_PROBATION = dt.timedelta(hours=staff_variables.ORPHAN_PROBATION.value())
ORPHAN_WEIGHTS = staff_variables.ORPHAN_WEIGHTS.value()
ORPHAN_THRESHOLD = staff_variables.ORPHAN_THRESHOLD.value()
FACTOR_RECOVERY_WAIT = dt.timedelta(minutes=staff_variables.RECOVERY_WAIT.value())
"""How long an agreed replacement of a lost second factor waits, after notices by mail."""
ERASURE_AFTER = dt.timedelta(days=staff_variables.ERASURE_DAYS.value())
ABSENCE_CLAIM_WAIT = dt.timedelta(days=staff_variables.ABSENCE_WAIT.value())
DORMANT_AFTER = dt.timedelta(days=staff_variables.DORMANT_DAYS.value())
"""How long a claim that an admin has left waits for an answer, before it is on support's worklist."""
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
