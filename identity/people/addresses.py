"""An e-mail address has one spelling, and belongs to one person at most, over all customers."""

import datetime as dt
import re
import uuid
from collections.abc import Iterable

import idna
from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.db.models.functions import Lower

from identity.people.models import User
from identity.people.normalization import normalize

MAX_LENGTH, _MAX_LOCAL = 254, 64
"""Characters of an address and of the part before the @ (RFC 5321 §4.5.3.1)."""
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_NOT_PUBLIC = frozenset(
    {"alt", "arpa", "home", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion"}
)
"""Top-level domains that no public mail server serves (RFC 6761, 6762, 7686, 8375, 9476)."""

OWNED = """
SELECT lower(email) FROM identity_user WHERE id = ANY(%(users)s)
UNION ALL
SELECT email FROM account_emailaddress WHERE verified AND user_id = ANY(%(users)s)
"""
"""The addresses of these `users` by the rule of `owners`, for statements of other parts."""


class InvalidAddress(ValueError):
    """Refuses a text that is no address of a mailbox on the internet."""


def canonical(text: str) -> str:
    """Return the one spelling of an address, which is stored, compared and used in mails.

    The part before the @ is an ASCII dot-atom (RFC 5321 §4.1.2) in lower case: the few systems that distinguish case
    there are treated as if they did not. Other letters there need SMTPUTF8 (RFC 6531), which many relays lack. The
    domain is written in A-labels (IDNA 2008, RFC 5891) after the mapping of UTS 46. It has a dot, and is neither an
    IP address nor local. Raises InvalidAddress.
    """
    local, at, domain = normalize("NFC", text.strip()).rpartition("@")
    local = local.lower()
    if not at or len(text) > MAX_LENGTH or len(local) > _MAX_LOCAL or not _LOCAL.fullmatch(local):
        raise InvalidAddress
    address = f"{local}@{_canonical_domain(domain)}"
    if len(address) > MAX_LENGTH:
        raise InvalidAddress
    return address


def _canonical_domain(domain: str) -> str:
    try:
        name = idna.encode(domain, strict=True, uts46=True, std3_rules=True).decode("ascii").lower()
    except UnicodeError as error:
        raise InvalidAddress from error
    _, dot, top = name.rpartition(".")
    if not dot or not top or top in _NOT_PUBLIC or top.isdigit():
        raise InvalidAddress
    return name


def owners(*, addresses: Iterable[str]) -> dict[str, User]:
    """Find the owners of these lower-case addresses, primary or further verified ones, by address.

    Two statements.
    """
    emails = list(addresses)
    verified = EmailAddress.objects.filter(email__in=emails, verified=True).select_related("user")
    primary = User.objects.alias(lower_email=Lower("email")).filter(lower_email__in=emails)
    return {row.email: row.user for row in verified} | {user.email.lower(): user for user in primary}


def owner_ids(*, addresses: Iterable[str]) -> QuerySet[User, uuid.UUID]:
    """Return the ids of the owners of these lower-case addresses by the rule of `owners`, for use in a statement."""
    emails = list(addresses)
    primary = User.objects.alias(lower_email=Lower("email")).filter(lower_email__in=emails)
    verified = EmailAddress.objects.filter(email__in=emails, verified=True)
    ids: QuerySet[User, uuid.UUID] = primary.values_list("id", flat=True)
    return ids.union(verified.values_list("user_id", flat=True))


def of_user(*, user: uuid.UUID) -> QuerySet[User, str]:
    """Return the lower-case addresses of this person by the rule of `owners`, for use within a statement."""
    primary = User.objects.annotate(lower_email=Lower("email")).filter(id=user)
    verified = EmailAddress.objects.filter(user=user, verified=True)
    emails: QuerySet[User, str] = primary.values_list("lower_email", flat=True)
    return emails.union(verified.values_list("email", flat=True))


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
