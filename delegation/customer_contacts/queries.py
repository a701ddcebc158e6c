"""Contacts are read as they were known at an instant, and with their history."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from audit.foundation.intervals import InForce
from delegation.customer_contacts.models import CustomerContact
from identity.organizations.models import Organization
from identity.people import search

_HISTORY = 200


@dataclass(frozen=True, slots=True)
class ContactView:
    """Describes what was known of a contact in an interval; `kind` is invoice or contract."""

    contact: uuid.UUID
    kind: str
    name: str
    email: str
    phone: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None


def in_force(*, organization: uuid.UUID, at: dt.datetime) -> list[ContactView]:
    """List the contacts that were known at `at`, by kind and name. One statement.

    A caller that trusts a contact asks for an instant before the request it answers.
    """
    rows = CustomerContact.objects.filter(InForce(at), organization=organization)
    return _views(rows.order_by("kind", "name", "id"))


def known_before(*, organization: uuid.UUID, contact: uuid.UUID, at: dt.datetime) -> ContactView | None:
    """Find what was known of this contact at `at`: a contact added or changed later proves nothing. One statement."""
    rows = CustomerContact.objects.filter(InForce(at), organization=organization, contact=contact)
    return next(iter(_views(rows)), None)


def find(*, organization: uuid.UUID, contact: uuid.UUID) -> ContactView | None:
    """Find a contact that has not ended. One statement."""
    rows = CustomerContact.objects.filter(organization=organization, contact=contact, valid_until=None)
    return next(iter(_views(rows)), None)


def history(*, organization: uuid.UUID) -> Sequence[ContactView]:
    """List what is no longer so, the newest first. One statement."""
    rows = CustomerContact.objects.filter(organization=organization, valid_until__isnull=False)
    return _views(rows.order_by("-valid_until", "-id")[:_HISTORY])


def organizations_matching(*, words: Sequence[str]) -> QuerySet[Organization]:
    """Filter the organizations with a present contact in whose name or address every word begins a word."""
    rows = CustomerContact.objects.filter(valid_until=None).order_by()
    rows = rows.filter(*(search.has_word(word, name="name", email="email") for word in words))
    return Organization.objects.order_by().filter(pk__in=rows.values("organization"))


def _views(rows: QuerySet[CustomerContact]) -> list[ContactView]:
    columns = ("contact", "kind", "name", "email", "phone", "valid_from", "valid_until")
    return [ContactView(*row) for row in rows.values_list(*columns)]
