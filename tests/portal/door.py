"""A browser at our door: signs in as people do, through the pages."""

import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django import test
from django.urls import reverse

from identity.models import User
from portal.accounts import codes
from tests import world

LOGIN = "/account/login/"
CODE = "/account/code/"
STEP = 30


class Visitor(test.Client):
    """Django's client with the few steps that every test of a page begins with."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(headers={"host": "localhost"}, **defaults)

    def password(self, user: User, password: str = world.PASSWORD, *, to: str = "") -> Any:
        """The first step."""
        return self.post(LOGIN, {"login": user.email, "password": password, **({"next": to} if to else {})})

    def code(self, user: User) -> Any:
        """The second."""
        return self.post(CODE, {"code": code_of(user)})

    def sign_in(self, user: User, *, to: str = "") -> "Visitor":
        """Both, or the first where there is no second factor."""
        answer = self.password(user, to=to)
        assert answer.status_code == 302, answer.content.decode()
        if answer["Location"] == CODE:
            answer = self.code(user)
            assert answer.status_code == 302, answer.content.decode()
        return self

    def sign_in_with(self, user: User, password: str) -> "Visitor":
        """Both steps with another password than the cast's."""
        assert self.password(user, password)["Location"] == CODE
        assert self.code(user).status_code == 302
        return self

    def sign_in_again(self, user: User) -> "Visitor":
        """In a second browser within the same half minute: a code works once, so its use is forgotten."""
        with world.by_hand():
            for app in Authenticator.objects.filter(user=user, type="totp"):
                app.data.pop(codes.USED, None)
                app.save()
        return self.sign_in(user)

    @property
    def is_signed_in(self) -> bool:
        """Whether a page of one's own opens."""
        return self.get(reverse("mfa_index")).status_code == 200


def code_of(user: User) -> str:
    """The code that this person's authenticator app shows now."""
    return code_from(decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"]))


def code_from(secret: str) -> str:
    """A code with two seconds left: the portal accepts the current step only (RFC 6238 §5.2)."""
    if (left := STEP - time.time() % STEP) < 2:
        time.sleep(left)
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // STEP)))
