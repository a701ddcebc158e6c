"""Staff users come into being at their first sign-in. The channel that calls this records the event."""

import datetime as dt
from collections.abc import Collection

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from audit.log import ledger
from audit.models import Chain
from identity.people import names
from identity.people.models import User
from identity.staff.models import StaffIdentity


def find(*, issuer: str, subject: str) -> User | None:
    """Return the staff user of this subject, also a blocked one. Never found by an address. One statement."""
    return User.all_directories.filter(
        directory=User.Directory.STAFF, staff_identity__issuer=issuer, staff_identity__subject=subject
    ).first()


def enroll(*, issuer: str, subject: str, name: str, at: dt.datetime, contact: str = "") -> User:
    """Create the staff user of this subject, and the user's chain. Raises IntegrityError for a second one."""
    user = User.all_directories.create(
        directory=User.Directory.STAFF,
        name=name,
        sort_key=names.sort_key(name),
        contact=contact,
        password=UNUSABLE_PASSWORD_PREFIX,
        created_at=at,
    )
    StaffIdentity.objects.create(issuer=issuer, subject=subject, user=user, created_at=at)
    ledger.open_chain(chain=user.id, kind=Chain.Kind.PERSON)
    return user


def note_sign_in(*, user: User, roles: Collection[str], at: dt.datetime) -> None:
    """Note when the user signed in last by the provider, and what that sign-in allowed. One statement."""
    StaffIdentity.objects.filter(user=user).update(signed_in_at=at, roles=" ".join(sorted(roles)))


def rename(*, user: User, name: str, contact: str = "") -> bool:
    """Take over the provider's name and address. Returns whether one is another; an empty address changes nothing."""
    contact = contact or user.contact
    if (user.name, user.contact) == (name, contact):
        return False
    user.name, user.sort_key, user.contact = name, names.sort_key(name), contact
    user.save(update_fields=["name", "sort_key", "contact"])
    return True
