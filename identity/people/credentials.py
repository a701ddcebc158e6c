"""Whether people could sign in, and how strongly: facts about passwords and second factors."""

from collections.abc import Collection

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.people.models import User

_TYPE = Authenticator.Type


def able_to_sign_in(*, strong: bool, without: Collection[int] = ()) -> QuerySet[User]:
    """Customers who can sign in (with two factors where `strong`) and whom mail reaches.

    `without` are authenticators that do not count, such as one that is about to be removed. A passkey that stays on its
    device is both factors by itself; recovery codes alone are none.
    """
    mine = Authenticator.objects.filter(user=OuterRef("pk")).exclude(pk__in=list(without))
    resident = Q(data__credential__clientExtensionResults__credProps__rk=True)
    passkey = Q(Exists(mine.filter(resident, type=_TYPE.WEBAUTHN)))
    password = ~Q(password="") & ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    second = Q(Exists(mine.filter(type__in=[_TYPE.TOTP, _TYPE.WEBAUTHN])))
    enough = passkey | (password & second) if strong else passkey | password
    return User.objects.filter(enough, is_active=True, mail_bounced_at=None)
