"""Every view about one customer starts from the program's rights there; the customer's log notes what it reads."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from rest_framework.request import Request

from delegation.authorization import policy
from delegation.authorization.authorities import Authority
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.organizations import queries as organizations_queries
from delegation.organizations.queries import CustomerRow
from delegation.staff import readings
from delegation.staff.readings import Reading
from identity.organizations.queries import OrganizationView
from portal.api.bearer_tokens import Caller
from portal.api.v1 import view


@dataclass(frozen=True, slots=True)
class Customer:
    """Describes the program that calls, and the customer that the call is about."""

    caller: Caller
    found: CustomerRow
    own: Sequence[Authority]

    @property
    def id(self) -> uuid.UUID:
        """Return the organization's id."""
        return self.found.organization.id

    @property
    def organization(self) -> OrganizationView:
        """Return the organization; its `row` is what commands take."""
        return self.found.organization


def customer_of(request: Request, key: str, verb: Verb, *, reading: Reading | None = None) -> Customer:
    """Return the customer of this key, where the program's rights allow the verb. Four statements.

    `reading` is recorded in the customer's log first, as for a page of the desk. Raises NotFound where the program has
    no right at all, as for an unknown key, and Denied where it has others.
    """
    caller = view.caller_of(request)
    own = policy.staff_authorities(actor=caller.actor, at=caller.at)
    found = organizations_queries.find(key=key)
    if found is None:
        raise NotFound
    units = {number.unit_id for number in found.numbers}
    abilities = policy.staff_abilities(own=own, organization=found.organization.id, units=units)
    if not any(_covers(one, found.organization.id, units) for one in own):
        raise NotFound
    if verb not in abilities:
        raise Denied(reason="no_permission")
    if reading is not None:
        readings.record(actor=caller.actor, what=reading, organizations=[found.organization.id], at=caller.at)
    return Customer(caller, found, own)


def _covers(one: Authority, organization: uuid.UUID, units: set[uuid.UUID]) -> bool:
    return one.is_for_all or one.organization == organization or one.unit in units
