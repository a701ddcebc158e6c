"""A person's factors, password and personal data are removed here without authorization; only commands import it."""

import uuid
from collections.abc import Collection

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from identity.memberships.models import Membership
from identity.people import credentials, names
from identity.people.models import User

ERASED = "Erased person"
"""Stands for the name of a person whose data are erased."""


def erased_address(*, person: uuid.UUID) -> str:
    """Return the address that an erased person's rows get: it is unique, and no mail reaches it (RFC 2606)."""
    return f"{person.hex}@erased.invalid"


def anonymize(*, person: User) -> None:
    """Replace what the person's rows say about the person, and let no one sign in any more. Three statements."""
    address, sort_key = erased_address(person=person.id), names.sort_key(ERASED)
    User.all_directories.filter(id=person.id).update(
        name=ERASED, sort_key=sort_key, email=address, phone="", language="", time_zone="", is_active=False
    )
    EmailAddress.objects.filter(user=person.id).update(email=address)
    Membership.objects.filter(user=person.id).update(former_name="", title="", sort_key=sort_key)


def void_password(*, person: User) -> str:
    """Make a person's password unusable, and return the digest of what is stored now. One statement."""
    person.set_unusable_password()
    User.all_directories.filter(id=person.id).update(password=person.password)
    return credentials.password_digest(user=person)


def remove_factors(*, person: User, among: Collection[int] | None = None) -> list[int]:
    """Delete a person's second factors and recovery codes, and return the ids of their rows. Two statements.

    `among` limits it to these rows.
    """
    rows = Authenticator.objects.filter(user=person.id)
    if among is not None:
        rows = rows.filter(id__in=among)
    removed = list(rows.order_by("id").values_list("id", flat=True))
    Authenticator.objects.filter(id__in=removed).delete()
    return removed
