"""django-allauth: the customers' people. Signing up is by invitation alone (portal.signin)."""

from urllib.parse import urlsplit

from portal.settings import base, security

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.signin.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(base.ISSUER).scheme
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "portal.accounts.tokens.ResetTokens"  # noqa: S105 - a class
PASSWORD_RESET_TIMEOUT = 2 * 3600
# "key" of the first is a person's address and the place, of the second the address alone (portal.signin).
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "login_failed_everywhere": "100/h/key",
    "passkey_question": "60/m/ip",
}
ACCOUNT_FORMS = {
    "login": "portal.accounts.forms.Login",
    "reauthenticate": "portal.accounts.forms.Reauthenticate",
    "change_password": "portal.accounts.forms.ChangePassword",
    "set_password": "portal.accounts.forms.SetPassword",
    "reset_password": "portal.accounts.forms.ResetPassword",
    "reset_password_from_key": "portal.accounts.forms.ResetPasswordKey",
    "user_token": "portal.accounts.forms.UserToken",
}
ALLAUTH_TRUSTED_PROXY_COUNT = security.PROXIES  # so many append to X-Forwarded-For
MFA_ADAPTER = "portal.accounts.factors.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TRUST_ENABLED = False
MFA_TOTP_ISSUER = base.SUPPLIER_NAME
MFA_FORMS = {
    "authenticate": "portal.accounts.forms.Authenticate",
    "reauthenticate": "portal.accounts.forms.ReauthenticateCode",
    "activate_totp": "portal.accounts.forms.ActivateTOTP",
    "add_webauthn": "portal.accounts.forms.AddPasskey",
    "edit_webauthn": "portal.accounts.forms.EditPasskey",
    "login_webauthn": "portal.accounts.forms.LoginPasskey",
    "authenticate_webauthn": "portal.accounts.forms.AuthenticatePasskey",
    "reauthenticate_webauthn": "portal.accounts.forms.ReauthenticatePasskey",
}
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
