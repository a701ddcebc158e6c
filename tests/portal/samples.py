"""Every template with a sample context: the pictures, the tests and the documentation by example read this one list."""

import functools
from collections.abc import Callable
from typing import Any

from tests.portal import samples_doors as doors
from tests.portal import samples_parts as parts
from tests.portal import samples_people as people
from tests.portal import samples_rest as rest

Make = Callable[[], dict[str, Any]]

PAGES: dict[str, tuple[str, Make]] = {
    "start": ("home/start.html", rest.start),
    "start-colleague": ("home/start.html", rest.start_colleague),
    "people": ("people/list.html", people.listing),
    "people-none": (
        "people/list.html",
        lambda: people.listing() | {"people": [], "chips": [], "invitations": [], "note": None, "q": "xyz"},
    ),
    "people-sent": ("people/list.html", people.sent),
    "invite": ("people/invite.html", people.invite),
    "invite-wrong": ("people/invite.html", people.invite_wrong),
    "person": ("people/person.html", people.person),
    "person-ended": ("people/person.html", people.ended),
    "access": ("people/access.html", people.access),
    "invitation-cancel": ("people/cancel.html", people.cancel),
    "remove": ("people/remove.html", rest.remove),
    "remove-blocked": ("people/remove.html", rest.remove_blocked),
    "removal": ("people/removal.html", rest.removal),
    "removal-done": ("people/removal.html", rest.removal_done),
    "activity": ("activity/list.html", rest.activity),
    "my-access": ("me/access.html", rest.my_access),
    "parts": ("parts.html", parts.parts),
    "login": ("account/login.html", doors.login),
    "login-wrong": ("account/login.html", lambda: doors.login(wrong=True)),
    "logout": ("account/logout.html", doors.door),
    "account-inactive": ("account/account_inactive.html", doors.door),
    "password-reset": ("account/password_reset.html", lambda: doors.door(form=doors.Email())),
    "password-reset-done": ("account/password_reset_done.html", doors.door),
    "password-from-key": (
        "account/password_reset_from_key.html",
        lambda: doors.door(form=doors.Passwords(), action_url="/set"),
    ),
    "password-from-key-late": ("account/password_reset_from_key.html", lambda: doors.door(token_fail=True)),
    "password-from-key-done": ("account/password_reset_from_key_done.html", doors.door),
    "password-change": ("account/password_change.html", lambda: doors.inside(form=doors.Passwords())),
    "password-set": ("account/password_set.html", lambda: doors.inside(form=doors.Passwords())),
    "reauthenticate": (
        "account/reauthenticate.html",
        lambda: doors.door(
            form=doors.Login(),
            reauthentication_alternatives=[{"url": "/x", "description": "Use your passkey"}],
        ),
    ),
    "mfa-authenticate": ("mfa/authenticate.html", doors.authenticate),
    "mfa-reauthenticate": ("mfa/reauthenticate.html", lambda: doors.door(form=doors.Code())),
    "mfa-reauthenticate-passkey": (
        "mfa/webauthn/reauthenticate.html",
        lambda: doors.door(form=doors.Passkey(), js_data={}),
    ),
    "security": ("mfa/index.html", doors.security),
    "security-bare": ("mfa/index.html", lambda: doors.security(bare=True)),
    "totp": (
        "mfa/totp/activate_form.html",
        lambda: doors.inside(form=doors.Code(), totp_svg_data_uri=doors.QR),
    ),
    "totp-door": (
        "mfa/totp/activate_form.html",
        lambda: doors.door(form=doors.Code(), totp_svg_data_uri=doors.QR, layout="base_signin.html"),
    ),
    "totp-stop": ("mfa/totp/deactivate_form.html", lambda: doors.inside(form=doors.Code())),
    "totp-stays": (
        "mfa/totp/deactivate_form.html",
        lambda: doors.inside(form=doors.Code(), stays=True),
    ),
    "codes": (
        "mfa/recovery_codes/index.html",
        lambda: doors.inside(
            unused_codes=[f"{n:04} {n * 7919 % 10000:04}" for n in range(1001, 1011)],
            total_count=10,
            can_view_codes=True,
            can_download_codes=True,
            can_generate_codes=True,
            first=True,
        ),
    ),
    "codes-new": (
        "mfa/recovery_codes/generate.html",
        lambda: doors.inside(form=doors.Code(), unused_code_count=7),
    ),
    "passkeys": ("mfa/webauthn/authenticator_list.html", doors.passkeys),
    "passkeys-none": ("mfa/webauthn/authenticator_list.html", lambda: doors.inside(authenticators=[])),
    "passkey-add": ("mfa/webauthn/add_form.html", lambda: doors.inside(form=doors.Passkey(), js_data={})),
    "passkey-edit": ("mfa/webauthn/edit_form.html", lambda: doors.inside(form=doors.Passkey())),
    "passkey-remove": (
        "mfa/webauthn/authenticator_confirm_delete.html",
        lambda: doors.inside(authenticator="Work phone"),
    ),
    "passkey-stays": (
        "mfa/webauthn/authenticator_confirm_delete.html",
        lambda: doors.inside(authenticator="Work phone", stays=True),
    ),
    "accept": ("invitation/accept.html", lambda: doors.accept("new")),
    "accept-wrong": ("invitation/accept.html", lambda: doors.accept("new", wrong=True)),
    "accept-known": ("invitation/accept.html", lambda: doors.accept("known")),
    "accept-ready": ("invitation/accept.html", lambda: doors.accept("ready")),
    **{
        f"invitation-{kind}": ("invitation/state.html", functools.partial(doors.invitation, kind))
        for kind in ("gone", "expired", "used", "withdrawn", "other", "refused", "unknown")
    },
    "oidc-refused": ("oidc/authorize_refused.html", doors.refused),
    "oidc-choose": ("oidc/choose_organization.html", doors.choose),
    "oidc-consent": (
        "oidc/consent.html",
        lambda: doors.door(application="Web shop", action_url="/consent", kept=[]),
    ),
    "oidc-continue": ("oidc/continue.html", lambda: doors.door(application="Web shop", target_url="#on")),
    "oidc-error": (
        "oidc/error.html",
        lambda: doors.door(
            code="invalid_request", detail="redirect_uri is not registered", reference="7Q4K-2291"
        ),
    ),
    "error-400": ("400.html", doors.door),
    "error-403": ("403.html", lambda: doors.inside(back_url="/people", back_label="Back to people")),
    "error-404": ("404.html", doors.inside),
    "error-419": ("419.html", doors.signed_out),
    "error-429": ("429.html", lambda: doors.door(seconds=12)),
    "error-500": ("500.html", doors.failed),
    "error-500-bare": ("500.html", dict),
    "error-503": ("503.html", lambda: doors.inside(retry_url="/again")),
    "mail-invitation": ("mail/invitation_message.html", doors.mail),
    "mail-reset": ("account/email/password_reset_key_message.html", doors.reset_mail),
    "mail-changed": ("account/email/security_changed_message.html", doors.changed_mail),
}
