"""An e-mail address belongs to one person at most, over all customers."""

import datetime as dt
import uuid
from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.db.models.functions import Lower

from identity.people.models import User


def owners(*, addresses: Iterable[str]) -> dict[str, User]:
    """Find the owners of these lower-case addresses, primary or further verified ones, by address.

    Two statements.
    """
    emails = list(addresses)
    verified = EmailAddress.objects.filter(email__in=emails, verified=True).select_related("user")
    primary = User.objects.alias(lower_email=Lower("email")).filter(lower_email__in=emails)
    return {row.email: row.user for row in verified} | {user.email.lower(): user for user in primary}


def undeliverable(*, addresses: Iterable[str]) -> list[User]:
    """Find the people with one of these as primary address, in any case, who are not marked undeliverable yet."""
    emails = [address.lower() for address in addresses]
    primary = User.objects.alias(lower_email=Lower("email")).filter(
        lower_email__in=emails, mail_bounced_at=None
    )
    return list(primary.order_by("id"))


def mark_undeliverable(*, users: Iterable[User], at: dt.datetime) -> None:
    """Mark that mail to these people bounces. Within an observation or an act."""
    User.objects.filter(id__in=[user.id for user in users]).update(mail_bounced_at=at)


def mark_deliverable(*, user: uuid.UUID) -> None:
    """Clear the mark: this person followed a link that was mailed to them. Within an observation or an act."""
    User.objects.filter(id=user, mail_bounced_at__isnull=False).update(mail_bounced_at=None)
