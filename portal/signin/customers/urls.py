"""Allauth's pages under /account/ run each in one transaction with its events.

Sign-up and the management of e-mail addresses are left out, so they cannot be reached. What each page demands of a
session stands in `demands`.
"""

from collections.abc import Callable

from allauth.account import views as account
from allauth.mfa.webauthn import views as webauthn
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseBase
from django.urls import path, re_path

from portal.signin.customers import (
    confirmation_views,
    event_transaction,
    factor_views,
    lost_factors,
    not_me,
    password_views,
    views,
)

View = Callable[..., HttpResponseBase]


def _public(view: View) -> View:
    """Require no sign-in."""
    return login_not_required(event_transaction.wrap(view))


_recorded = event_transaction.wrap


urlpatterns = [
    path("login/", _public(views.Login.as_view()), name="account_login"),
    path("logout/", _public(views.SignOut.as_view()), name="account_logout"),
    path("inactive/", _public(views.Inactive.as_view()), name="account_inactive"),
    path(
        "reauthenticate/",
        _recorded(confirmation_views.ConfirmPassword.as_view()),
        name="account_reauthenticate",
    ),
    path(
        "password/change/", _recorded(password_views.ChangePassword.as_view()), name="account_change_password"
    ),
    path("password/set/", _recorded(password_views.SetPassword.as_view()), name="account_set_password"),
    path("password/reset/", _public(account.password_reset), name="account_reset_password"),
    path("password/reset/done/", _public(account.password_reset_done), name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        _public(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9a-zA-Z]{1,64})-(?P<key>[0-9a-zA-Z-]{1,100})/$",
        _public(password_views.ResetPassword.as_view()),
        name="account_reset_password_from_key",
    ),
    path("not-me/<str:token>/", not_me.show, name="account_not_me"),
    path("security/", _recorded(views.Security.as_view()), name="mfa_index"),
    path("code/", _public(lost_factors.EnterCode.as_view()), name="mfa_authenticate"),
    path("code/replace/", lost_factors.replace, name="mfa_replace_lost"),
    path("security/confirm/", _recorded(confirmation_views.ConfirmCode.as_view()), name="mfa_reauthenticate"),
    path("security/app/", _recorded(factor_views.ConnectApp.as_view()), name="mfa_activate_totp"),
    path("security/app/remove/", _recorded(factor_views.RemoveApp.as_view()), name="mfa_deactivate_totp"),
    path("security/codes/", _recorded(factor_views.ShowCodes.as_view()), name="mfa_view_recovery_codes"),
    path(
        "security/codes/new/",
        _recorded(factor_views.CreateCodes.as_view()),
        name="mfa_generate_recovery_codes",
    ),
    path("security/passkeys/", _recorded(factor_views.ListPasskeys.as_view()), name="mfa_list_webauthn"),
    path("security/passkeys/new/", _recorded(factor_views.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path(
        "security/passkeys/confirm/",
        _recorded(confirmation_views.ConfirmPasskey.as_view()),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "security/passkeys/<int:pk>/remove/",
        _recorded(factor_views.RemovePasskey.as_view()),
        name="mfa_remove_webauthn",
    ),
    path(
        "security/passkeys/<int:pk>/rename/",
        _recorded(factor_views.RenamePasskey.as_view()),
        name="mfa_edit_webauthn",
    ),
    path("passkey/", _public(webauthn.login_webauthn), name="mfa_login_webauthn"),
]
