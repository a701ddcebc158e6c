"""Under /account/: the pages of allauth that we use, each in one transaction with its events.

Not here: signing up, managing e-mail addresses. Whoever is not named cannot be reached.
"""

from collections.abc import Callable

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.webauthn import views as webauthn
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseBase
from django.urls import path, re_path

from portal.signin.customers import event_transaction, views

View = Callable[..., HttpResponseBase]


def _door(view: View) -> View:
    """For anybody: signing in, and what comes before it."""
    return login_not_required(event_transaction.view(view))


def _own(view: View, *, also_reading: bool = False) -> View:
    """For whoever is signed in, however strongly: here the missing factor is set up."""
    wrapped = event_transaction.view(view, also_reading=also_reading)
    wrapped.any_strength = True  # type: ignore[attr-defined] # read by portal.middleware.RequireSignIn
    return wrapped


urlpatterns = [
    path("login/", _door(views.Login.as_view()), name="account_login"),
    path("logout/", _door(account.logout), name="account_logout"),
    path("inactive/", _door(account.account_inactive), name="account_inactive"),
    path("reauthenticate/", _own(account.reauthenticate), name="account_reauthenticate"),
    path("password/change/", _own(account.password_change), name="account_change_password"),
    path("password/set/", _own(account.password_set), name="account_set_password"),
    path("password/reset/", _door(account.password_reset), name="account_reset_password"),
    path("password/reset/done/", _door(account.password_reset_done), name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        _door(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9a-zA-Z]{1,64})-(?P<key>[0-9a-zA-Z-]{1,100})/$",
        _door(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("security/", _own(views.Security.as_view()), name="mfa_index"),
    path("code/", _door(mfa.authenticate), name="mfa_authenticate"),
    path("security/confirm/", _own(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("security/app/", _own(views.ConnectApp.as_view()), name="mfa_activate_totp"),
    path("security/app/remove/", _own(views.ForgetApp.as_view()), name="mfa_deactivate_totp"),
    path(
        "security/codes/",
        _own(views.RecoveryCodes.as_view(), also_reading=True),  # the first look is written down
        name="mfa_view_recovery_codes",
    ),
    path("security/codes/new/", _own(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path(
        "security/codes/file/",
        _own(views.RecoveryCodesFile.as_view(), also_reading=True),
        name="mfa_download_recovery_codes",
    ),
    path("security/passkeys/", _own(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path("security/passkeys/new/", _own(views.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path(
        "security/passkeys/confirm/",
        _own(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "security/passkeys/<int:pk>/remove/", _own(views.RemovePasskey.as_view()), name="mfa_remove_webauthn"
    ),
    path("security/passkeys/<int:pk>/rename/", _own(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path("passkey/", _door(views.LoginPasskey.as_view()), name="mfa_login_webauthn"),
]
