"""Admins read what changed in the rights of their people between two days."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict

from portal.shell import rights_changes
from portal.shell.components import Pager
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.query_string import HiddenField
from portal.shell.rights_changes import ChangedPerson, ChangeEvent


@dataclass(frozen=True, kw_only=True)
class RightsChangesPage(PageModel):
    """Shows the people whose rights differ at the end of the last day from the beginning of the first."""

    template: ClassVar[str] = "web/activity/changes.html"

    back_url: str
    sub: str
    search_url: str
    typed_from: str
    typed_until: str
    from_hint: str
    until_hint: str
    from_error: str
    until_error: str
    hidden_fields: Sequence[HiddenField]
    all_url: str
    """Leads from one person to all; empty on the page of all."""
    number: str
    people: Sequence[ChangedPerson]
    for_all: Sequence[ChangeEvent]
    """What changed the rights of all people."""
    pager: Pager


def changes_page(page: PageContext, query: QueryDict) -> RightsChangesPage:
    """Return the page."""
    fields = rights_changes.page_fields(page, query, url=page.url("rights_changes"))
    return RightsChangesPage(back_url=page.url("activity"), **fields)
