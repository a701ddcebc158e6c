"""Whose address is this? One person's at most, over all customers."""

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.db.models.functions import Lower

from identity.models import User


def holders(*, addresses: Iterable[str]) -> dict[str, User]:
    """The customers that these addresses (in lower case) belong to, as their own or a further proven one.

    Two statements.
    """
    wanted = list(addresses)
    further = EmailAddress.objects.filter(email__in=wanted, verified=True).select_related("user")
    own = User.objects.alias(low=Lower("email")).filter(low__in=wanted)
    return {row.email: row.user for row in further} | {user.email.lower(): user for user in own}
