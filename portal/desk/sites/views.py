"""Staff see the sites of a customer, and how many people have access at each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import HttpResponse, QueryDict
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from delegation.authorization.verbs import Verb
from delegation.organizations import customer_sites
from delegation.organizations.customer_sites import CustomerSite
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.http.request_context import Request
from portal.shell import components, page_model, query_string
from portal.shell import forms as shell_forms
from portal.shell.components import Pager
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import cldr


@dataclass(frozen=True, slots=True)
class SiteLine:
    """Describes a site; `url` leads to the people who are counted."""

    name: str
    number: str
    people: str
    url: str


@dataclass(frozen=True, kw_only=True)
class SitesPage(PageModel):
    """Lists the sites of a customer by name."""

    template: ClassVar[str] = "desk/sites/list.html"

    customer: str
    back_url: str
    everywhere: str
    """`3 people have access at all sites.`"""
    search_url: str
    q: str
    rows: Sequence[SiteLine]
    pager: Pager


@require_safe
@desk_page.organization_page(Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
def listing(request: Request, found: OrganizationPage) -> HttpResponse:
    """List the sites."""
    return page_model.render(request, _sites_page(found.page, request.GET))


def _sites_page(page: PageContext, query: QueryDict) -> SitesPage:
    """Return the list that the address names. Two statements, one more on further pages."""
    text, url = query_string.text(query, "q"), page.url("staff_sites")
    found = customer_sites.page(
        organization=page.organization_id,
        text=text,
        after=shell_forms.identifier(query.get("after", "")),
        before=shell_forms.identifier(query.get("before", "")),
        at=page.at,
    )
    everywhere = ngettext(
        "%(number)s person has access at all sites.",
        "%(number)s people have access at all sites.",
        found.everywhere,
    )
    return SitesPage(
        customer=page.organization.name,
        back_url=page.url("staff_organization"),
        everywhere=everywhere % {"number": cldr.number(found.everywhere)},
        search_url=url,
        q=text,
        rows=[_line(site, page.url("staff_people")) for site in found.rows],
        pager=components.pager(url, {"q": text}, previous=found.previous, following=found.next),
    )


def _line(site: CustomerSite, people_url: str) -> SiteLine:
    return SiteLine(
        name=site.name,
        number=site.external_id,
        people=cldr.number(site.people),
        url=query_string.with_values(people_url, {"site": str(site.id)}) if site.people else "",
    )
