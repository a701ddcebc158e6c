"""Whose address is this? One person's at most, over all customers."""

import datetime as dt
import uuid
from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.db.models.functions import Lower

from identity.people.models import User


def owners(*, addresses: Iterable[str]) -> dict[str, User]:
    """The customers that these addresses (in lower case) belong to, as their own or a further proven one.

    Two statements.
    """
    wanted = list(addresses)
    consequences = EmailAddress.objects.filter(email__in=wanted, verified=True).select_related("user")
    own = User.objects.alias(low=Lower("email")).filter(low__in=wanted)
    return {row.email: row.user for row in consequences} | {user.email.lower(): user for user in own}


def undeliverable(*, addresses: Iterable[str]) -> list[User]:
    """The customers whose own address is one of these, and of whom it is not known yet that no mail arrives."""
    low = [one.lower() for one in addresses]
    own = User.objects.alias(low=Lower("email")).filter(low__in=low, mail_bounced_at=None)
    return list(own.order_by("id"))


def mark_undeliverable(*, users: Iterable[User], at: dt.datetime) -> None:
    """Mail to these people comes back. Within a note or an act."""
    User.objects.filter(id__in=[one.id for one in users]).update(mail_bounced_at=at)


def mark_deliverable(*, user: uuid.UUID) -> None:
    """This person has followed a link that was mailed to them: mail arrives again. Within a note or an act."""
    User.objects.filter(id=user, mail_bounced_at__isnull=False).update(mail_bounced_at=None)
