"""The token of a link that sets a new password ends with a sign-in, a revocation or a restore."""

import datetime as dt

from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from audit import installation
from audit.foundation import clock
from identity.people.models import User


class ResetTokens(PasswordResetTokenGenerator):
    """Makes tokens for a new password.

    A token is invalid after a revocation (epoch), a sign-in, a new password, changed addresses, a restore from a backup
    (incarnation: it may have been used since), or two hours by our clock.
    """

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        addresses = EmailAddress.objects.filter(user=user).order_by("email").values_list("email", flat=True)
        incarnation = installation.load().incarnation
        return "|".join(
            [super()._make_hash_value(user, timestamp), str(user.epoch), str(incarnation), *addresses]
        )

    def _now(self) -> dt.datetime:
        return clock.wall().replace(tzinfo=None)
