"""Auditors read what changed in the rights of a customer's people between two days."""

from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict
from django.urls import reverse

from portal.shell import rights_changes
from portal.shell.page_context import PageContext
from portal.shell.rights_changes import RightsChanges


@dataclass(frozen=True, kw_only=True)
class ChangesPage(RightsChanges):
    """Shows what changed at a customer to an auditor."""

    template: ClassVar[str] = "desk/audit/changes.html"

    customer: str
    back_url: str


def changes_page(page: PageContext, query: QueryDict) -> ChangesPage:
    """Return the page."""
    key = page.organization.key
    return ChangesPage(
        customer=page.organization.name,
        back_url=reverse("staff_audit_answer", args=[key]),
        **rights_changes.page_fields(page, query, url=reverse("staff_audit_changes", args=[key])),
    )
