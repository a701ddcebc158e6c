"""An auditor reads what one person of a customer could do at an instant."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict

from delegation.staff.readings import Reading
from portal.desk.audit import context
from portal.desk.desk_page import OrganizationPage
from portal.shell import rights_at_instant, rights_changes
from portal.shell.page_context import PageContext
from portal.shell.rights_at_instant import PersonRights


@dataclass(frozen=True, kw_only=True)
class PersonRightsPage(PersonRights):
    """Shows what one person could do to an auditor."""

    template: ClassVar[str] = "desk/audit/rights.html"

    customer: str


def rights_page(page: PageContext, membership: uuid.UUID, query: QueryDict) -> PersonRightsPage:
    """Return what this member could do at the instant. Raises NotFound for one of another customer."""
    scope, urls = rights_changes.log_scope_of(page), context.urls(page)
    fields = rights_at_instant.page_fields(page, membership, query, scope, urls)
    return PersonRightsPage(customer=page.organization.name, **fields)


def record_rights(found: OrganizationPage, membership: uuid.UUID) -> None:
    """Record in the customer's log that the reader sees what this member could do."""
    found.record(Reading.RIGHTS, membership=membership)
