"""Passwords and second factors decide whether people are able to sign in."""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.foundation import db, digests
from identity.people.models import User

_TYPE = Authenticator.Type
COMPARED_DATA = """(CASE WHEN jsonb_typeof(data) <> 'object' THEN data
WHEN type = 'totp' THEN data - 'last_step' WHEN type = 'recovery_codes' THEN data - 'used'
WHEN type = 'webauthn' THEN data - 'name' ELSE data END)::text"""
"""An authenticator's data as text, without the key of its type that changes later; a key that no code reads counts."""


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


def has_second_factor_from_before(*, user: uuid.UUID, at: dt.datetime) -> bool:
    """Answer whether the person has a second factor that was added before `at`. One statement."""
    factors = Authenticator.objects.filter(user=user, type__in=[_TYPE.TOTP, _TYPE.WEBAUTHN])
    return bool(factors.filter(created_at__lt=at).exists())


def password_digest(*, user: User) -> str:
    """Return the digest of the stored hash, for the log. The hash has a random salt, so the digest reveals nothing."""
    return digests.digest(user.password)


def joined(*, user: User, is_new: bool) -> dict[str, str]:
    """Return what the event of a new member says about the user; of a new user, also the password's digest."""
    return {"user": str(user.id), **({"password": password_digest(user=user)} if is_new else {})}


def added_factor(authenticator: Authenticator) -> dict[str, Any]:
    """Return what the event of a new factor says: its row, and the digest of its stored data. One statement."""
    statement = f"SELECT {digests.sql(COMPARED_DATA)} FROM mfa_authenticator WHERE id = %s"  # noqa: S608 - constants
    ((digest,),) = db.fetch_all(statement, [authenticator.pk])
    return {"factor": str(authenticator.type), "added": authenticator.pk, "digest": digest}


def removed_factor(authenticator: Authenticator) -> dict[str, Any]:
    """Return the facts of the event of a removed factor."""
    return {"factor": str(authenticator.type), "removed": authenticator.pk}
