"""Staff find customers, and the people of all customers, as far as their rights cover them."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from audit.foundation.actor import Actor
from delegation.authorization import scopes
from delegation.authorization.authorities import Authority
from delegation.authorization.verbs import Verb
from delegation.customer_contacts import queries as contacts_queries
from delegation.organizations import customer_numbers
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.organizations.models import CustomerNumber, Organization
from identity.people import search
from identity.people.models import User

PEOPLE = 20
"""People that one search shows."""
SHORTEST = 2
"""Letters of a searched name: one letter would match a large part of all people."""
_COMMON = 1000
"""People with a searched name, of all customers, that are looked at."""
_DOMAIN = re.compile(r"[^\s@]+\.[^\s@.]+")


def customers_matching(*, rows: QuerySet[Organization], text: str) -> QuerySet[Organization]:
    """Filter the customers found by words of the name or of a contact, by number, business ID or mail domain.

    A number is found by its beginning, whatever spaces it is written with; a business ID and a mail domain as a whole.
    A mail address finds the customers with its domain.
    """
    words, without_spaces = search.words(text), "".join(text.split())
    everything = Organization.objects.order_by()
    numbers = CustomerNumber.objects.filter(number__startswith=without_spaces)
    found = [
        everything.filter(pk__in=numbers.values("organization")),
        everything.filter(Q(register_id__iexact=text) | Q(register_id__iexact=without_spaces)),
    ]
    if words:
        found.append(contacts_queries.organizations_matching(words=words))
        found.append(everything.filter(*(search.has_word(word, name="name") for word in words)))
    domain = without_spaces.lower().rpartition("@")[2]
    if _DOMAIN.fullmatch(domain):
        found.append(everything.filter(mail_domains__contains=[domain]))
    first, *others = (one.values("pk") for one in found)
    # A union of indexed searches: the planner answers an OR of them by reading every customer.
    return rows.filter(pk__in=first.union(*others))


@dataclass(frozen=True, slots=True)
class PeopleFound:
    """Holds the first members that match, by name; `more` says that others match, or may do so."""

    rows: Sequence[Membership] = ()
    more: bool = False


def people_matching(*, own: Sequence[Authority], actor: Actor, text: str, at: dt.datetime) -> PeopleFound:
    """Find present members by name or address, with their customers. Two statements, one where no name matches."""
    words = search.words(text)
    if max((len(word) for word in words), default=0) < SHORTEST:
        return PeopleFound()
    conditions = (search.has_word(word, name="name", email="email") for word in words)
    # Users first and few: of a common name, the database would otherwise read the memberships of everyone.
    users = list(User.objects.filter(*conditions).order_by().values_list("pk", flat=True)[:_COMMON])
    if not users:
        return PeopleFound()
    rows = scopes.memberships_within(own=own, actor=actor, verb=Verb.MEMBER_VIEW, at=at)
    rows = rows.filter(memberships_queries.is_present(at=at), user__in=users, kind=Membership.Kind.PERSON)
    rows = rows.annotate(numbers=customer_numbers.column(organization="organization"))
    found = list(rows.select_related("user", "organization").order_by("sort_key", "id")[: PEOPLE + 1])
    return PeopleFound(found[:PEOPLE], len(found) > PEOPLE or len(users) == _COMMON)
