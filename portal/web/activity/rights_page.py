"""Admins read what changed in the rights of their people between two days."""

from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict

from portal.shell import rights_changes
from portal.shell.page_context import PageContext
from portal.shell.rights_changes import RightsChanges


@dataclass(frozen=True, kw_only=True)
class RightsChangesPage(RightsChanges):
    """Shows what changed to the organization's own admins."""

    template: ClassVar[str] = "web/activity/changes.html"

    back_url: str


def changes_page(page: PageContext, query: QueryDict) -> RightsChangesPage:
    """Return the page."""
    fields = rights_changes.page_fields(page, query, url=page.url("rights_changes"))
    return RightsChangesPage(back_url=page.url("activity"), **fields)
