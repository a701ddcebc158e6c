"""Contacts are read as they were known at an instant, and with their history."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db.models import OuterRef, QuerySet, Subquery

from audit.foundation.intervals import InForce
from delegation.customer_contacts.models import CustomerContact
from identity.organizations.models import Organization
from identity.people import search
from identity.people.models import User

_HISTORY = 200


def in_force(*, organization: uuid.UUID, at: dt.datetime) -> list[CustomerContact]:
    """List the contacts that were known at `at`, by kind and name. One statement.

    A caller that trusts a contact asks for an instant before the request it answers.
    """
    rows = CustomerContact.objects.filter(InForce(at), organization=organization)
    return list(rows.order_by("kind", "name", "id"))


def known_before(*, organization: uuid.UUID, contact: uuid.UUID, at: dt.datetime) -> CustomerContact | None:
    """Find what was known of this contact at `at`: a contact added or changed later proves nothing. One statement."""
    rows = CustomerContact.objects.filter(InForce(at), organization=organization, contact=contact)
    return rows.first()


def find(*, organization: uuid.UUID, contact: uuid.UUID) -> CustomerContact | None:
    """Find a contact that has not ended. One statement."""
    return CustomerContact.objects.filter(
        organization=organization, contact=contact, valid_until=None
    ).first()


def history(*, organization: uuid.UUID) -> Sequence[CustomerContact]:
    """List the rows that have ended, the newest first, each with `by`, the name of who added it. One statement."""
    names = User.all_directories.filter(pk=OuterRef("added_by")).values("name")
    rows = CustomerContact.objects.filter(organization=organization, valid_until__isnull=False)
    return list(rows.annotate(by=Subquery(names)).order_by("-valid_until", "-id")[:_HISTORY])


def organizations_matching(*, words: Sequence[str]) -> QuerySet[Organization]:
    """Filter the organizations with a present contact in whose name or address every word begins a word."""
    rows = CustomerContact.objects.filter(valid_until=None).order_by()
    rows = rows.filter(*(search.has_word(word, name="name", email="email") for word in words))
    return Organization.objects.order_by().filter(pk__in=rows.values("organization"))
