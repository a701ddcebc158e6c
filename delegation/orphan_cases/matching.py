"""A customer is found by the number that a person enters, never by its name."""

import uuid
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from delegation.authorization import scopes
from delegation.authorization.authorities import Authority
from delegation.authorization.verbs import Verb
from identity.organizations.models import CustomerNumber, Organization


def customer(number: str) -> Organization | None:
    """Find the one customer with this customer number or business id. Two statements, whatever is known."""
    found = _with(number, CustomerNumber.objects.all(), Organization.objects.all())
    return next(iter(found.values())) if len(found) == 1 else None


def customer_of(own: Sequence[Authority], *, text: str, verb: Verb) -> Organization | None:
    """Find the one customer with this number, business id or key where these authorities allow `verb`.

    A number is unique in its business unit alone: those of other units do not count. Three statements.
    """
    within = scopes.organizations_within(own=own, verb=verb)
    numbers = CustomerNumber.objects.filter(organization__in=within.order_by().values("pk"))
    allowing = [one for one in own if verb.value in one.verbs]
    if not any(one.is_for_all for one in allowing):
        units = [one.unit for one in allowing if one.unit]
        customers = [one.organization for one in allowing if one.organization]
        numbers = numbers.filter(Q(unit__in=units) | Q(organization__in=customers))
    found = _with(text, numbers, within)
    found |= {one.id: one for one in within.filter(key=text.strip().lower())}
    return next(iter(found.values())) if len(found) == 1 else None


def _with(
    number: str, numbers: QuerySet[CustomerNumber], organizations: QuerySet[Organization]
) -> dict[uuid.UUID, Organization]:
    """Return the customers with this number or business id; two of each at most. Two statements."""
    wanted = [number, "".join(number.split())]
    rows = numbers.filter(number__in=wanted).exclude(number="").select_related("organization")
    # Two rows of one customer in two units do not hide another customer.
    found = {one.organization_id: one.organization for one in rows.distinct("organization")[:2]}
    known = organizations.filter(register_id__in=wanted).exclude(register_id="")
    return found | {one.id: one for one in known[:2]}
