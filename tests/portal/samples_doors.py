"""Doors, invitations, going on to a service, errors, mails."""

import base64
from typing import Any

from django import forms

from tests.portal import samples_people as people
from tests.portal import samples_shell as shells

QR = "data:image/svg+xml;base64," + base64.b64encode(
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29">'
    + b"".join(
        b'<path d="M%d %dh1v1h-1z"/>' % (x, y)
        for x in range(29)
        for y in range(29)
        if (x * 7 + y * 11 + x * y) % 3 == 0
    )
    + b"</svg>"
).decode("ascii")
GAINS = [
    "order in the web shop, up to 5 000 € an order, in Tampere",
    "see orders and deliveries of Tampere",
    "see contacts in the CRM portal",
]
INVITER = {"name": "Aino Virtanen", "email": "aino.virtanen@koskela.example"}
ADMINS = [INVITER, {"name": people.LONG, "email": "karl-gustaf.vonschantz@koskela.example"}]


class Login(forms.Form):
    """As allauth's."""

    login = forms.EmailField(widget=forms.EmailInput(attrs={"placeholder": "Email"}))
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"placeholder": "Password"}), help_text="Forgot?"
    )


class Code(forms.Form):
    """As allauth's for TOTP."""

    code = forms.CharField()
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Passwords(forms.Form):
    """As allauth's for a new password."""

    oldpassword = forms.CharField(widget=forms.PasswordInput, help_text="Forgot?")
    password1 = forms.CharField(widget=forms.PasswordInput)
    password2 = forms.CharField(widget=forms.PasswordInput)


class Passkey(forms.Form):
    """As allauth's."""

    name = forms.CharField(initial="Passkey 1")
    passwordless = forms.BooleanField(required=False, help_text="long")
    credential = forms.CharField(widget=forms.HiddenInput)


class Join(forms.Form):
    """A new colleague."""

    name = forms.CharField(max_length=150)
    password = forms.CharField(widget=forms.PasswordInput)
    once = forms.CharField(widget=forms.HiddenInput, initial="0190")


class Email(forms.Form):
    """One address."""

    email = forms.EmailField()


def door(**more: Any) -> dict[str, Any]:
    """Any page at a door."""
    return {"shell": shells.outside(), **more}


def inside(**more: Any) -> dict[str, Any]:
    """Any page of one's own inside."""
    return {"shell": shells.shell(), "layout": "base.html", **more}


def login(*, wrong: bool = False) -> dict[str, Any]:
    """Signing in."""
    form = Login({"login": "aino.virtanen@koskela.example", "password": ""} if wrong else None)
    if wrong:
        form.add_error(None, "The e-mail or the password is not right.")
    return door(form=form, PASSKEY_LOGIN_ENABLED=True, redirect_field="")


def authenticate() -> dict[str, Any]:
    """The code after the password."""
    return door(
        form=Code(),
        webauthn_form=Passkey(),
        js_data={},
        MFA_SUPPORTED_TYPES=["totp", "webauthn", "recovery_codes"],
    )


class _Codes:
    def get_unused_codes(self) -> list[str]:
        return ["1"] * 8


def security(*, bare: bool = False) -> dict[str, Any]:
    """How I sign in."""
    known = {} if bare else {"totp": True, "webauthn": [1, 2], "recovery_codes": _Codes()}
    types = ["totp", "webauthn", "recovery_codes"]
    page = {"authenticators": known, "MFA_SUPPORTED_TYPES": types, "is_mfa_enabled": not bare}
    if bare:
        return door(**page, required=True, layout="base_signin.html", joined="Rakennusliike Koskela Oy")
    return inside(**page, back_url="/me")


class _Passkey:
    def __init__(self, pk: int, name: str, *, alone: bool) -> None:
        self.pk, self.name, self.wrap, self.last_used_at, self.created_at = (
            pk,
            name,
            {"is_passwordless": alone},
            None,
            None,
        )

    def __str__(self) -> str:
        return self.name


def passkeys() -> dict[str, Any]:
    """Two of them."""
    return inside(
        authenticators=[
            _Passkey(1, "Work phone", alone=True),
            _Passkey(2, "The grey key in the drawer of the office in Tampere", alone=False),
        ]
    )


def accept(kind: str, *, wrong: bool = False) -> dict[str, Any]:
    """An invitation."""
    form = Join({"name": "", "password": "short", "once": "1"} if wrong else None)
    if wrong:
        form.add_error("password", "Take at least 12 characters.")
    return door(
        inviter=INVITER,
        organization_name="Rakennusliike Koskela Oy",
        email="liisa.hamalainen-ostberg@koskela.example",
        gains=GAINS,
        expiry="The link works until 1 December 2026, 14:03.",
        kind=kind,
        form=form,
        accept_url="/join",
        sign_in_url="/login",
        not_me_url="/not-me",
    )


def invitation(kind: str) -> dict[str, Any]:
    """One that cannot be accepted now."""
    return door(
        kind=kind,
        inviter=INVITER,
        email="liisa.h@koskela.example",
        signed_in_as="mikko.laine@koskela.example",
        sign_out_url="/out",
        ask_url="/ask",
    )


def refused() -> dict[str, Any]:
    """Not for this service."""
    why = "You are a colleague at Rakennusliike Koskela Oy, but nobody has given you access to the web shop."
    return door(
        application="Web shop",
        why=why,
        organization_name="Rakennusliike Koskela Oy",
        admins=ADMINS,
        choose_url="/choose",
        back_url="/back",
    )


def choose() -> dict[str, Any]:
    """For which organization."""
    organizations = [
        {"key": "koskela", "name": "Rakennusliike Koskela Oy", "customer_number": "104 233"},
        {"key": "kiinteistot", "name": "Koskela Kiinteistöt Oy", "customer_number": "104 910"},
        {"key": "pohjola", "name": "Pohjolan Sähkö Oy", "why": "No access to the web shop there"},
    ]
    return door(
        application="Web shop",
        organizations=organizations,
        action_url="/choose",
        kept=[{"name": "client_id", "value": "ordering"}],
        signed_in_as="Mikko Laine",
        someone_else="/account/login/?next=%2F",
    )


def signed_out() -> dict[str, Any]:
    """The session is gone; what was typed is not."""
    fields = [
        {"name": "emails", "value": "liisa.h@koskela.example", "label": "E-mail addresses"},
        {"name": "tier", "value": "orderer"},
    ]
    return door(
        fields=fields,
        shown=True,
        action_url="/people/invite",
        button="Send the invitation",
        sign_in_url="/login",
    )


def failed() -> dict[str, Any]:
    """On our side."""
    return inside(
        sentence="Mikko Laine’s access was not changed. Nothing was sent to other systems.",
        retry_url="/again",
        back_url="/people",
        back_label="Back to people",
        reference="7Q4K-2291",
        at="24 Nov 2026, 14:03:21",
    )


def mail() -> dict[str, Any]:
    """An invitation by mail."""
    brand = {"name": "Kivisalo", "phone": "09 000 1234", "accent": "#0b5563", "on_accent": "#ffffff"}
    url = "https://id.kivisalo.example/join/Vb7w-3kQd-81Zt"
    return {
        "brand": brand,
        "inviter": INVITER,
        "organization_name": "Rakennusliike Koskela Oy",
        "email": "liisa.h@koskela.example",
        "name": "Liisa",
        "gains": GAINS,
        "url": url,
        "not_me_url": f"{url}/not-me",
        "until": "1 December 2026, 14:03",
    }


def reset_mail() -> dict[str, Any]:
    """A link for a new password."""
    return {
        "brand": mail()["brand"],
        "hours": 2,
        "password_reset_url": "https://id.kivisalo.example/reset/3-abc",
        "email": "x@koskela.example",
    }


def changed_mail() -> dict[str, Any]:
    """What somebody reads when their password was changed."""
    return {
        "brand": mail()["brand"],
        "sentences": ["Your password was changed."],
        "moment": "24 Nov 2026, 14:00 (Helsinki time)",
        "password": True,
        "url": "https://id.kivisalo.example/account/password/reset/",
    }
