"""Admins ask who in their organization could do what, and what one person could do, as auditors do."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.utils.translation import ngettext

from delegation.catalogue import ceilings
from portal.http.request_context import Request
from portal.shell import access_answer_file, access_answer_page, rights_at_instant, rights_changes
from portal.shell.access_answer_page import AccessAnswer, AnswerUrls
from portal.shell.page_context import PageContext
from portal.shell.rights_at_instant import PersonRights
from portal.wording import cldr


@dataclass(frozen=True, kw_only=True)
class WhoCouldPage(AccessAnswer):
    """Answers the question about the reader's own organization."""

    template: ClassVar[str] = "web/activity/who_could.html"

    back_url: str
    whole: bool
    """Whether the reader sees all people of the organization."""
    staff: str
    """How many of the supplier's staff could, too; empty for none."""


@dataclass(frozen=True, kw_only=True)
class ColleagueRightsPage(PersonRights):
    """Shows what one colleague could do at an instant."""

    template: ClassVar[str] = "web/activity/rights.html"


def urls(page: PageContext) -> AnswerUrls:
    """Return the addresses that an answer leads to."""
    return AnswerUrls(
        here=page.url("who_could"),
        changes=page.url("rights_changes"),
        export=page.url("who_could_export"),
        rights_of=lambda membership: page.url("who_could_rights", membership=membership),
    )


def answer_page(page: PageContext, query: QueryDict) -> WhoCouldPage:
    """Return the answer about the people whose events the reader sees."""
    scope = rights_changes.log_scope_of(page)
    offered = ceilings.ever_offered(organization=page.organization_id)
    fields = access_answer_page.answer_fields(page, query, scope, urls(page), offered=offered)
    staff = _staff(len(fields.pop("staff_lines")))  # their names stay theirs
    return WhoCouldPage(back_url=page.url("activity"), whole=scope.whole, staff=staff, **fields)


def _staff(number: int) -> str:
    text = ngettext(
        "%(number)s person of %(supplier)s could, too.",
        "%(number)s people of %(supplier)s could, too.",
        number,
    )
    facts = {"number": cldr.number(number), "supplier": settings.SUPPLIER_NAME}
    return text % facts if number else ""


def rights_page(page: PageContext, membership: uuid.UUID, query: QueryDict) -> ColleagueRightsPage:
    """Return what this colleague could do. Raises NotFound for one whose events the reader does not see."""
    scope = rights_changes.log_scope_of(page)
    return ColleagueRightsPage(**rights_at_instant.page_fields(page, membership, query, scope, urls(page)))


def download(request: Request, page: PageContext) -> HttpResponse:
    """Answer with the answer as a file."""
    offered = ceilings.ever_offered(organization=page.organization_id)
    scope, back = rights_changes.log_scope_of(page), page.url("who_could")
    return access_answer_file.download(request, page, scope, back, offered=offered)
