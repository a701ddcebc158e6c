"""Staff see the sites of a customer, and how many people have access at each."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from audit.foundation import db
from identity.organizations.models import Site
from identity.people import search

PAGE_SIZE = 100

# Suspended customers keep their members: the page counts who would have access.
_PEOPLE = """
WITH present AS MATERIALIZED (
    SELECT a.id AS assignment, a.all_sites, m.id AS member
    FROM identity_membership_at(%(at)s) m
    JOIN delegation_assignment_at(%(at)s) a ON a.membership_id = m.id
    WHERE m.organization_id = %(organization)s
      AND (m.in_force OR m.state = 'active' AND NOT m.organization_in_force AND NOT m.organization_closed)
)
SELECT NULL::uuid, count(DISTINCT member) FROM present WHERE all_sites
UNION ALL
SELECT x.site_id, count(DISTINCT p.member)
FROM present p JOIN delegation_assignmentsite x ON x.assignment_id = p.assignment
WHERE x.site_id = ANY(%(sites)s) AND NOT EXISTS (
    SELECT 1 FROM present o WHERE o.member = p.member AND o.all_sites)
GROUP BY x.site_id
"""


@dataclass(frozen=True, slots=True)
class CustomerSite:
    """Describes a site; `people` have access there and not at all sites."""

    id: uuid.UUID
    name: str
    external_id: str
    people: int


@dataclass(frozen=True, slots=True)
class CustomerSites:
    """Holds a page of sites by name; `everywhere` people have access at all of them."""

    rows: Sequence[CustomerSite]
    previous: uuid.UUID | None
    next: uuid.UUID | None
    everywhere: int


def name(*, organization: uuid.UUID, site: uuid.UUID) -> str:
    """Read the name of a site; empty where the organization has no such site. One statement."""
    return (
        Site.objects.filter(organization=organization, id=site).values_list("name", flat=True).first() or ""
    )


def page(
    *,
    organization: uuid.UUID,
    text: str = "",
    after: uuid.UUID | None = None,
    before: uuid.UUID | None = None,
    at: dt.datetime,
) -> CustomerSites:
    """Read a page of the sites whose name or number has these words. Two statements, one more after a site."""
    everything = Site.objects.filter(organization=organization)
    words = search.words(text)
    rows = everything.filter(*(search.has_word(word, name="name", email="external_id") for word in words))
    if text and not words:
        rows = everything.none()
    found = db.keyset(
        rows=[rows],
        order=("sort_key", "id"),
        after=after,
        before=before,
        size=PAGE_SIZE,
        anchors=[everything],
    )
    params = {"organization": organization, "at": at, "sites": [site.id for site in found.rows]}
    people = dict(db.fetch_all(_PEOPLE, params))
    return CustomerSites(
        rows=[CustomerSite(it.id, it.name, it.external_id, people.get(it.id, 0)) for it in found.rows],
        previous=found.previous,
        next=found.next,
        everywhere=people[None],
    )
