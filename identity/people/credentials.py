"""Passwords and second factors decide whether people are able to sign in."""

from collections.abc import Collection

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.people.models import User

_TYPE = Authenticator.Type


def able_to_sign_in(*, strong: bool, without: Collection[int] = ()) -> QuerySet[User]:
    """Filter active customers' people who can sign in, with two factors if `strong`, and whose mail does not bounce.

    `without` holds ids of authenticators that do not count, such as one that is being removed. A discoverable passkey
    (WebAuthn §5.8.6) is two factors by itself; recovery codes are no factor.
    """
    factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(pk__in=list(without))
    discoverable = Q(data__credential__clientExtensionResults__credProps__rk=True)
    passkey = Q(Exists(factors.filter(discoverable, type=_TYPE.WEBAUTHN)))
    password = ~Q(password="") & ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    second = Q(Exists(factors.filter(type__in=[_TYPE.TOTP, _TYPE.WEBAUTHN])))
    sufficient = passkey | (password & second) if strong else passkey | password
    return User.objects.filter(sufficient, is_active=True, mail_bounced_at=None)
