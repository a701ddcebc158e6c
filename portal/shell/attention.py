"""The statement reads accounts that need attention at a reader's own sites only, so that its limit cuts none away."""

import uuid
from collections.abc import Collection

from delegation.people import queries as people_queries
from portal.shell import query_string
from portal.shell.page_context import PageContext
from provisioning.accounts import queries as accounts_queries


def accounts_needing_attention(page: PageContext) -> list[tuple[uuid.UUID, str]]:
    """Find accounts that need attention, as (membership, application); the caller filters those the reader may see."""
    found = accounts_queries.needing_attention(organization=page.organization_id, at=page.at)
    if _is_complete(found) or (members := _members_within_sites(page)) is None:
        return found
    return accounts_queries.needing_attention(
        organization=page.organization_id, at=page.at, memberships=members
    )


def _is_complete(found: Collection[object]) -> bool:
    return len(found) < accounts_queries.LIMIT


def _members_within_sites(page: PageContext) -> list[uuid.UUID] | None:
    return people_queries.ids_within_sites(actor=page.viewer, organization=page.organization_id, at=page.at)


def people_url(page: PageContext) -> str:
    """Return the address of the list of people whose access is out of date in a system."""
    return query_string.with_values(page.url("people"), {"systems": accounts_queries.NEEDS_ATTENTION})
