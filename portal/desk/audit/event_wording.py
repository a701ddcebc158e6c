"""The page and the file of a search word its events alike."""

import uuid
from collections.abc import Collection, Sequence

from delegation.activity import people_in_events
from delegation.activity.supplier_log import LoggedEvent
from delegation.catalogue import display_names
from delegation.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.signin.staff import pages
from portal.wording import dates
from portal.wording.supplier_events import AuditWording


def load(events: Sequence[LoggedEvent], customers: Collection[uuid.UUID], clock: dates.Clock) -> AuditWording:
    """Return the wording of these events. Two statements at most."""
    names = display_names.load_for_several(organizations=customers)
    missing = people_in_events.missing(events=[row.event for row in events])
    people = people_in_events.shown_names(users=missing, organization=None)
    return AuditWording(names, people, clock, roles=pages.ROLES)


def customers_of(events: Sequence[LoggedEvent]) -> dict[uuid.UUID, OrganizationView]:
    """Read the customers that these events are about, by id. One statement."""
    ids = {found for row in events if (found := customer_of(row))}
    return organizations_queries.views_of(ids=ids)


def customer_of(row: LoggedEvent) -> uuid.UUID | None:
    """Return the customer that the event is about: also of an act in the supplier's log."""
    named = row.event.facts.get("organization") or row.event.after.get("organization")
    return row.organization or (uuid.UUID(str(named)) if named else None)
